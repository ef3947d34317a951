#include "model/evaluation/comparison_rows.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace strobe::model {
namespace {

using Json = nlohmann::json;

constexpr double kTeacherGuidance = 2.0;

// The columns of both tables, in the order of T2I-CompBench.
constexpr std::pair<const char*, Attribute> kColumns[] = {
    {"colour", Attribute::kColor},      {"shape", Attribute::kShape},
    {"texture", Attribute::kTexture},   {"position", Attribute::kPosition},
    {"relation", Attribute::kRelation}, {"count", Attribute::kCount},
    {"size", Attribute::kSize},         {"background", Attribute::kBackground}};

Json EstimateJson(const Estimate& estimate) {
  return Json::array({estimate.mean, estimate.half_width});
}

Estimate ParseEstimate(const Json& json) { return {json.at(0), json.at(1)}; }

std::string Percent(const Estimate& estimate) {
  return absl::StrFormat("%.1f ±%.1f", 100 * estimate.mean, 100 * estimate.half_width);
}

std::string Cells(const RowResult& result) {
  std::vector<std::string> cells = {
      absl::StrFormat("%.2f ±%.2f", result.frechet.mean, result.frechet.half_width),
      absl::StrFormat("%.3f ±%.3f", result.similarity.mean, result.similarity.half_width),
      Percent(result.alignment)};
  for (const auto& [name, attribute] : kColumns) {
    const std::optional<Estimate>& share = result.attributes[static_cast<size_t>(attribute)];
    cells.push_back(share.has_value() ? absl::StrFormat("%.1f", 100 * share->mean) : "-");
  }
  cells.push_back(Percent(result.complex));
  cells.push_back(Percent(result.held_out_complex));
  return absl::StrJoin(cells, " | ");
}

std::string Header() {
  std::string names = "| method | steps | Frechet ↓ | similarity ↑ | alignment % ↑";
  std::string line = "|---|---|---|---|---";
  for (const auto& [name, attribute] : kColumns) {
    absl::StrAppend(&names, " | ", name);
    absl::StrAppend(&line, "|---");
  }
  return absl::StrCat(names, " | complex | held out |\n", line, "|---|---|\n");
}

std::string Table(const std::vector<MeasuredRow>& rows, int table) {
  std::string text = Header();
  for (const MeasuredRow& measured : rows) {
    if (measured.row.table != table) continue;
    absl::StrAppend(&text, "| ", measured.row.label, " | ", measured.row.steps, " | ",
                    Cells(measured.result), " |\n");
  }
  return text;
}

}  // namespace

std::vector<ComparisonRow> StandardRows() {
  const ComparisonRow teacher{1, "Teacher", "teacher", 25, kTeacherGuidance, std::nullopt};
  std::vector<ComparisonRow> rows = {teacher};
  rows.push_back({1, "Step distillation", "step", 4, {}, {}});
  rows.push_back({1, "ADD", "add", 4, {}, {}});
  for (const int steps : {1, 2, 3}) rows.push_back({1, "LCM", "lcm", steps, {}, {}});
  for (const int steps : {1, 2, 3}) {
    rows.push_back({1, "Imagine Flash", "imagine-flash", steps, {}, {}});
  }
  rows.push_back({3, "Imagine Flash", "imagine-flash", 3, {}, {}});
  rows.push_back({3, "with noise correction", "imagine-flash", 3, {}, true});
  rows.push_back({3, "without noise correction", "imagine-flash", 3, {}, false});
  rows.push_back({3, "without discriminator", "no-discriminator", 3, {}, {}});
  rows.push_back({3, "without backward distillation", "no-backward", 3, {}, {}});
  rows.push_back({3, "without shifted reconstruction", "no-srl", 3, {}, {}});
  rows.push_back({3, "Teacher", "teacher", 3, kTeacherGuidance, {}});
  return rows;
}

Json RowResultJson(const RowResult& result) {
  Json attributes = Json::object();
  for (size_t i = 0; i < result.attributes.size(); ++i) {
    if (!result.attributes[i].has_value()) continue;
    attributes[std::string(AttributeName(static_cast<Attribute>(i)))] =
        EstimateJson(*result.attributes[i]);
  }
  return {{"attributes", attributes},
          {"alignment", EstimateJson(result.alignment)},
          {"complex", EstimateJson(result.complex)},
          {"held_out_complex", EstimateJson(result.held_out_complex)},
          {"frechet", EstimateJson(result.frechet)},
          {"similarity", EstimateJson(result.similarity)}};
}

absl::StatusOr<RowResult> ParseRowResult(const Json& json) {
  try {
    RowResult result;
    result.attributes.resize(kNumAttributes);
    for (int i = 0; i < kNumAttributes; ++i) {
      const std::string name(AttributeName(static_cast<Attribute>(i)));
      if (!json.at("attributes").contains(name)) continue;
      result.attributes[i] = ParseEstimate(json.at("attributes").at(name));
    }
    result.alignment = ParseEstimate(json.at("alignment"));
    result.complex = ParseEstimate(json.at("complex"));
    result.held_out_complex = ParseEstimate(json.at("held_out_complex"));
    result.frechet = ParseEstimate(json.at("frechet"));
    result.similarity = ParseEstimate(json.at("similarity"));
    return result;
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

std::string EvaluationMarkdown(const std::vector<MeasuredRow>& rows, const EvaluationFacts& facts) {
  std::string text = absl::StrCat(
      "# Evaluation\n\nWritten by `", facts.command, "`. Domain ", facts.domain, ", ",
      facts.num_prompts, " prompts that name every attribute, half of them of scenes held out of ",
      "training, seed ", facts.seed, "; ± is half the 95 % interval.\n\n",
      "- *Frechet*: distance to ", facts.num_references,
      " true pictures on the features of the shipped critic; the interval is bootstrapped.\n",
      "- *similarity*: cosine of picture and caption in the critic, the CLIP score's place.\n",
      "- *alignment*: mean share of attributes right that a detector reads off the pixels; "
      "*complex*: all of them at once, *held out*: the same over the held-out half.\n\n");
  absl::StrAppend(&text, "## Table 1: methods at equal training budget\n\n", Table(rows, 1),
                  "\n## Table 3: what each part does\n\n", Table(rows, 3),
                  "\n## The detectors themselves\n\nOn true pictures of the same prompts.\n\n",
                  Header(), "| True pictures | - | ", Cells(facts.true_renders), " |\n");
  if (!facts.missing.empty()) {
    absl::StrAppend(&text, "\nNot measured, because the folder is missing: ",
                    absl::StrJoin(facts.missing, ", "), ".\n");
  }
  return text;
}

}  // namespace strobe::model
