#include "model/evaluation/report/comparison_rows.h"

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

constexpr double kTeacherGuidance = 2.0;

ComparisonRow Teacher(int steps) { return {"Teacher", "teacher", steps, kTeacherGuidance, {}}; }

ComparisonTable Methods() {
  ComparisonTable table{"Methods over the number of steps", OurRow(3), {}};
  for (const int steps : {1, 2, 3, 4, 8, 25}) table.rows.push_back(Teacher(steps));
  for (const auto& [label, folder] : {std::pair{"Step distillation", "step"},
                                      {"ADD", "add"},
                                      {"LCM", "lcm"},
                                      {"Imagine Flash", "imagine-flash"}}) {
    for (const int steps : {1, 2, 3, 4}) table.rows.push_back({label, folder, steps, {}, {}});
  }
  return table;
}

ComparisonTable Parts() {
  ComparisonTable table{"What each part does", OurRow(3), {OurRow(3)}};
  for (const auto& [label, folder] :
       {std::pair{"without discriminator", "no-discriminator"},
        {"without backward distillation", "no-backward"},
        {"without shifted reconstruction", "no-srl"},
        {"shifted reconstruction from fresh noise", "fresh-noise"},
        {"shifted reconstruction from the start noise", "start-noise"}}) {
    table.rows.push_back({label, folder, 3, {}, {}});
  }
  return table;
}

// The four cells of trained and sampled with and without.
void AddCorrectionCells(const std::string& on, const std::string& off, int steps,
                        std::vector<ComparisonRow>& rows) {
  rows.push_back({"trained on, sampled on", on, steps, {}, true});
  rows.push_back({"trained on, sampled off", on, steps, {}, false});
  rows.push_back({"trained off, sampled on", off, steps, {}, true});
  rows.push_back({"trained off, sampled off", off, steps, {}, false});
}

ComparisonTable Correction(const std::string& title, const std::string& teacher,
                           const std::string& on, const std::string& off) {
  ComparisonTable table{title, {}, {{"Teacher", teacher, 25, kTeacherGuidance, {}}}};
  for (const int steps : {2, 3}) AddCorrectionCells(on, off, steps, table.rows);
  table.base = table.rows.back();
  return table;
}

}  // namespace

std::string ComparisonRow::Name() const {
  std::string correction;
  if (noise_correction.has_value()) {
    correction = *noise_correction ? "-noise-correction" : "-no-noise-correction";
  }
  return absl::StrCat(folder, "-", steps, "-steps", correction);
}

std::vector<ComparisonTable> StandardTables() {
  return {Methods(), Parts(),
          Correction("Noise correction, prediction of the clean latents", "teacher",
                     "imagine-flash", "uncorrected"),
          Correction("Noise correction, prediction of the noise", "epsilon-teacher", "epsilon",
                     "epsilon-uncorrected")};
}

ComparisonRow TeacherRow() { return Teacher(25); }

ComparisonRow OurRow(int steps) { return {"Imagine Flash", "imagine-flash", steps, {}, {}}; }

}  // namespace strobe::model
