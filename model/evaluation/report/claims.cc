#include "model/evaluation/report/claims.h"

#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "model/evaluation/report/statistic_names.h"

namespace strobe::model {
namespace {

using Rows = std::map<std::string, MeasuredRow>;

ComparisonRow Student(const std::string& folder, int steps) { return {"", folder, steps, {}, {}}; }

class ClaimList {
 public:
  explicit ClaimList(const Rows& rows) : rows_(rows) {}

  std::vector<Claim> Take() { return std::move(claims_); }

  // first / second of the Frechet distances.
  void Distances(const std::string& text, const ComparisonRow& first, const ComparisonRow& second,
                 double bar, bool at_most) {
    const Resampled* a = Find(first, kFrechet);
    const Resampled* b = Find(second, kFrechet);
    if (a == nullptr || b == nullptr) return;
    Claim claim{text, Ratio(*a, *b), bar, at_most, std::nullopt};
    const Resampled* own = Find(first, kDiscrepancy);
    const Resampled* other = Find(second, kDiscrepancy);
    if (own != nullptr && other != nullptr) claim.discrepancy = Difference(*own, *other);
    claims_.push_back(std::move(claim));
  }

  // Ours over the teacher's, for every attribute whose spread both have.
  void Spreads(int steps) {
    const auto ours = rows_.find(OurRow(steps).Name());
    if (ours == rows_.end()) return;
    for (const auto& [name, own] : ours->second.statistics) {
      const Resampled* teacher = Find(TeacherRow(), name);
      if (!absl::StartsWith(name, kSpread) || teacher == nullptr || teacher->value == 0.0) continue;
      claims_.push_back({absl::StrCat("spread of the ", absl::StripPrefix(name, kSpread), " at ",
                                      steps, " steps / the teacher's"),
                         Ratio(own, *teacher), 0.8, /*at_most=*/false, std::nullopt});
    }
  }

  // The share of attributes that learned detectors find as the prompts say them.
  void Detected(const std::string& text, const ComparisonRow& row, double bar) {
    const auto found = rows_.find(row.Name());
    if (found == rows_.end()) return;
    const RowStatistics& statistics = found->second.statistics;
    const auto detected = statistics.lower_bound(kDetected);
    if (detected == statistics.end() || !absl::StartsWith(detected->first, kDetected)) return;
    claims_.push_back({absl::StrCat("share of attributes right, ", text), statistics.at(kAlignment),
                       bar, /*at_most=*/false, std::nullopt});
  }

  // How far a look of both is from that of their teacher.
  void Gap(const char* look, const ComparisonRow& teacher, const ComparisonRow& on,
           const ComparisonRow& off, const std::string& prediction) {
    const Resampled* wanted = Find(teacher, look);
    const Resampled* with = Find(on, look);
    const Resampled* without = Find(off, look);
    if (wanted == nullptr || with == nullptr || without == nullptr) return;
    const auto gap = [](double a, double b) { return std::abs(a - b); };
    claims_.push_back({absl::StrCat("noise correction, ", prediction, ": gap of ", look,
                                    " to the teacher, with / without"),
                       Ratio(Combine(*with, *wanted, gap), Combine(*without, *wanted, gap)), 0.7,
                       /*at_most=*/true, std::nullopt});
  }

 private:
  const Resampled* Find(const ComparisonRow& row, const std::string& statistic) const {
    const auto found = rows_.find(row.Name());
    if (found == rows_.end()) return nullptr;
    const auto value = found->second.statistics.find(statistic);
    return value == found->second.statistics.end() ? nullptr : &value->second;
  }

  const Rows& rows_;
  std::vector<Claim> claims_;
};

void AddCorrection(const std::string& prediction, const std::string& teacher_folder,
                   const std::string& on_folder, const std::string& off_folder, ClaimList& list) {
  ComparisonRow teacher = TeacherRow();
  teacher.folder = teacher_folder;
  ComparisonRow on = Student(on_folder, 3);
  ComparisonRow off = Student(off_folder, 3);
  on.noise_correction = true;
  off.noise_correction = false;
  for (const char* look : {kSaturation, kContrast}) list.Gap(look, teacher, on, off, prediction);
  list.Distances(absl::StrCat("noise correction, ", prediction, ": with / without"), on, off, 1.02,
                 /*at_most=*/true);
}

}  // namespace

bool Claim::IsMet() const {
  if (at_most ? ratio.value > bar : ratio.value < bar) return false;
  const bool is_improvement = discrepancy.has_value() && (at_most ? bar < 1.0 : bar > 1.0);
  if (!is_improvement) return true;
  const bool same_sign = (ratio.value < 1.0) == (discrepancy->value < 0.0);
  return same_sign && IntervalOf(ratio).Excludes(1.0);
}

std::vector<Claim> CheckClaims(const Rows& rows) {
  ClaimList list(rows);
  ComparisonRow teacher = TeacherRow();
  for (const auto& [steps, bar] : {std::pair{3, 1.6}, {1, 3.0}}) {
    teacher.steps = steps;
    list.Distances(absl::StrCat("headroom: teacher ", steps, " / 25 steps"), teacher, TeacherRow(),
                   bar, /*at_most=*/false);
  }
  list.Distances("ours 3 steps / teacher 25", OurRow(3), TeacherRow(), 1.1, true);
  list.Distances("ours 3 / step distillation 4", OurRow(3), Student("step", 4), 0.9, true);
  list.Distances("ours 3 / ADD 4", OurRow(3), Student("add", 4), 0.95, true);
  for (const int steps : {1, 2, 3}) {
    list.Distances(absl::StrCat("ours / LCM, ", steps, " steps"), OurRow(steps),
                   Student("lcm", steps), 0.8, true);
  }
  list.Distances("without shifted reconstruction / with, 3 steps", Student("no-srl", 3), OurRow(3),
                 1.1, false);
  list.Distances("without backward distillation / with, 3 steps", Student("no-backward", 3),
                 OurRow(3), 1.1, false);
  list.Distances("without discriminator / with, 3 steps", Student("no-discriminator", 3), OurRow(3),
                 1.05, false);
  for (const int steps : {1, 2, 3}) list.Spreads(steps);
  AddCorrection("clean latents", "teacher", "imagine-flash", "uncorrected", list);
  AddCorrection("noise", "epsilon-teacher", "epsilon", "epsilon-uncorrected", list);
  list.Distances("ours 3 / 2 steps", OurRow(3), OurRow(2), 1.0, true);
  list.Distances("ours 2 / 1 steps", OurRow(2), OurRow(1), 1.0, true);
  for (const auto& [steps, bar] : {std::pair{1, 0.85}, {2, 0.92}, {3, 0.94}}) {
    list.Detected(absl::StrCat("ours ", steps, " steps"), OurRow(steps), bar);
  }
  list.Detected("teacher 25 steps", TeacherRow(), 0.95);
  return list.Take();
}

}  // namespace strobe::model
