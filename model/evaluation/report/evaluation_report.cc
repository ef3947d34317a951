#include "model/evaluation/report/evaluation_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "model/evaluation/report/statistic_names.h"

namespace strobe::model {
namespace {

// One statistic of a table's part: its title, its unit and how many decimals it is worth.
struct Column {
  std::string statistic;
  std::string title;
  double scale = 1.0;
  int decimals = 2;
};

enum class Cells {
  kValueAndDifference,  // to the base
  kMarkedValue,         // in bold where the difference to the base is
  kValue,               // with its own interval
  kDifference           // to the base, alone
};

std::string Number(double value, int decimals, bool with_sign) {
  return with_sign ? absl::StrFormat("%+.*f", decimals, value)
                   : absl::StrFormat("%.*f", decimals, value);
}

std::string IntervalText(const Resampled& statistic, const Column& column, bool is_difference) {
  const Interval interval = IntervalOf(statistic);
  const auto number = [&](double value) {
    return Number(column.scale * value, column.decimals, is_difference);
  };
  const std::string text = absl::StrCat(number(statistic.value), " [", number(interval.low), ", ",
                                        number(interval.high), "]");
  return is_difference && interval.Excludes(0.0) ? absl::StrCat("**", text, "**") : text;
}

bool IsSame(const Resampled& own, const Resampled& base) {
  return own.draws == base.draws && own.value == base.value;
}

// Null where the row or the base has no such statistic.
const Resampled* Find(const RowStatistics* statistics, const std::string& name) {
  if (statistics == nullptr) return nullptr;
  const auto found = statistics->find(name);
  return found == statistics->end() ? nullptr : &found->second;
}

std::string DifferenceText(const Resampled* own, const Resampled* base, const Column& column) {
  if (own == nullptr || base == nullptr) return "-";
  if (IsSame(*own, *base)) return "0";
  return IntervalText(Difference(*own, *base), column, /*is_difference=*/true);
}

std::string MarkedText(const Resampled* own, const Resampled* base, const Column& column) {
  if (own == nullptr) return "-";
  const std::string text = Number(column.scale * own->value, column.decimals, false);
  const bool differs =
      base != nullptr && !IsSame(*own, *base) && IntervalOf(Difference(*own, *base)).Excludes(0.0);
  return differs ? absl::StrCat("**", text, "**") : text;
}

void AppendCells(const MeasuredRow& row, const RowStatistics* base, const Column& column,
                 Cells cells, std::vector<std::string>& text) {
  const Resampled* own = Find(&row.statistics, column.statistic);
  if (cells == Cells::kValue) {
    text.push_back(own == nullptr ? "-" : IntervalText(*own, column, /*is_difference=*/false));
    return;
  }
  if (cells == Cells::kMarkedValue) {
    text.push_back(MarkedText(own, Find(base, column.statistic), column));
    return;
  }
  if (cells == Cells::kValueAndDifference) {
    text.push_back(own == nullptr ? "-"
                                  : Number(column.scale * own->value, column.decimals, false));
  }
  text.push_back(DifferenceText(own, Find(base, column.statistic), column));
}

std::string PartText(const std::vector<MeasuredRow>& rows, const RowStatistics* base,
                     const std::vector<Column>& columns, Cells cells) {
  std::vector<std::string> titles = {"row", "steps", "trainings"};
  for (const Column& column : columns) {
    titles.push_back(column.title);
    if (cells == Cells::kValueAndDifference) titles.push_back("difference");
  }
  std::string text = absl::StrCat("| ", absl::StrJoin(titles, " | "), " |\n|");
  for (size_t i = 0; i < titles.size(); ++i) absl::StrAppend(&text, "---|");
  for (const MeasuredRow& row : rows) {
    std::vector<std::string> line = {row.row.label,
                                     row.row.steps > 0 ? absl::StrCat(row.row.steps) : "-",
                                     row.trainings > 0 ? absl::StrCat(row.trainings) : "-"};
    for (const Column& column : columns) AppendCells(row, base, column, cells, line);
    absl::StrAppend(&text, "\n| ", absl::StrJoin(line, " | "), " |");
  }
  return absl::StrCat(text, "\n");
}

std::vector<Column> DistanceColumns() {
  return {{kFrechet, "Frechet ↓"}, {kDiscrepancy, "MMD² ↓"}, {kPatches, "patches ↓"}};
}

std::vector<Column> PromptColumns() {
  return {{kAlignment, "alignment % ↑", 100.0, 1},
          {kComplex, "complex % ↑", 100.0, 1},
          {kHeldOut, "held out % ↑", 100.0, 1},
          {kSimilarity, "similarity ↑", 1.0, 3}};
}

std::vector<Column> ColumnsOf(const std::vector<StatisticTitle>& titles, double scale,
                              int decimals) {
  std::vector<Column> columns;
  for (const auto& [statistic, title] : titles) {
    columns.push_back({statistic, title, scale, decimals});
  }
  return columns;
}

std::vector<Column> LookColumns() {
  return {{kSaturation, "saturation", 1.0, 1},
          {kContrast, "contrast", 1.0, 1},
          {kSharpness, "sharpness", 1.0, 1},
          {kBackgroundError, "background error", 1.0, 2},
          {kObjectError, "object error", 1.0, 2}};
}

// Columns that a row has; named prompts alone have held-out ones.
std::vector<Column> Measured(const std::vector<Column>& columns,
                             const std::vector<MeasuredRow>& rows) {
  std::vector<Column> measured;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(measured),
               [&](const Column& column) {
                 return std::any_of(rows.begin(), rows.end(), [&](const MeasuredRow& row) {
                   return row.statistics.count(column.statistic) > 0;
                 });
               });
  return measured;
}

// The parts of one table.
class TableText {
 public:
  TableText(const MeasuredTable& measured, const EvaluationFacts& facts)
      : measured_(measured), facts_(facts) {
    for (const MeasuredRow& row : measured.rows) {
      if (row.row.Name() == measured.table.base.Name()) base_ = &row.statistics;
    }
  }

  // Differences of the look are to `teacher`.
  std::string Write(const RowStatistics* teacher) const {
    const ComparisonRow& base = measured_.table.base;
    const BenchmarkFacts& benchmark = facts_.benchmark;
    std::vector<MeasuredRow> with_floor = facts_.floor;
    with_floor.insert(with_floor.end(), measured_.rows.begin(), measured_.rows.end());
    return absl::StrCat(
        "\n## ", measured_.table.title, "\n\nDifferences are to *", base.label, ", ", base.steps,
        " steps*.\n",
        Part("Distance to true pictures", DistanceColumns(), base_, Cells::kValueAndDifference),
        Part("Prompts", PromptColumns(), base_, Cells::kValueAndDifference),
        Part("Attributes, % right; bold where they differ", with_floor,
             ColumnsOf(benchmark.attributes, 100.0, 1), base_, Cells::kMarkedValue),
        Part("Spread over seeds, the truth's is 1", ColumnsOf(benchmark.spreads, 1.0, 2), nullptr,
             Cells::kValue),
        Part("Look, less that of the teacher's 25 steps for the same prompt and noise",
             LookColumns(), teacher, Cells::kDifference));
  }

 private:
  std::string Part(const std::string& title, const std::vector<Column>& columns,
                   const RowStatistics* to, Cells cells) const {
    return Part(title, measured_.rows, columns, to, cells);
  }

  // Nothing when no row has such statistics.
  static std::string Part(const std::string& title, const std::vector<MeasuredRow>& rows,
                          const std::vector<Column>& columns, const RowStatistics* to,
                          Cells cells) {
    const std::vector<Column> measured = Measured(columns, rows);
    if (measured.empty()) return "";
    return absl::StrCat("\n### ", title, "\n\n", PartText(rows, to, measured, cells));
  }

  const MeasuredTable& measured_;
  const EvaluationFacts& facts_;
  const RowStatistics* base_ = nullptr;
};

std::string ClaimsText(const std::vector<Claim>& claims) {
  if (claims.empty()) return "";
  std::string text =
      "\n## Bars\n\nRatios of Frechet distances unless said otherwise; a claim that one row is "
      "better holds if its interval excludes 1 and MMD² agrees.\n\n"
      "| claim | ratio or share | bar | MMD² difference | met |\n|---|---|---|---|---|\n";
  for (const Claim& claim : claims) {
    const Column two{"", "", 1.0, 2};
    absl::StrAppend(
        &text, "| ", claim.text, " | ", IntervalText(claim.ratio, two, false), " | ",
        claim.at_most ? "≤ " : "≥ ", Number(claim.bar, 2, false), " | ",
        claim.discrepancy.has_value() ? IntervalText(*claim.discrepancy, two, true) : "-", " | ",
        claim.IsMet() ? "yes" : "no", " |\n");
  }
  return text;
}

std::string Explanations(const EvaluationFacts& facts) {
  return absl::StrCat(
      "- *Frechet*: distance to ", facts.benchmark.num_references,
      " true pictures on the features of the critic, extrapolated to endless samples.\n"
      "- *MMD²*: unbiased kernel discrepancy on the same features, in thousandths.\n"
      "- *patches*: sliced Wasserstein distance of 7x7 patches on three levels of a Laplacian "
      "pyramid: detail, without a network.\n"
      "- *alignment*: mean share of the attributes that the caption says which ",
      facts.benchmark.judge, "; *complex*: all of them at once.\n",
      "- *spread*: deviation over the seeds of a prompt, ", facts.benchmark.spread, ".\n",
      "- *saturation*, *contrast*, *sharpness*: in thousandths of the full range.\n",
      facts.benchmark.notes, "- [low, high] is the 95 % interval of ", facts.num_resamples,
      " paired resamples of the prompts (and of the trainings, where there are several). All rows "
      "draw the same prompts with the same noise. **Bold**: the interval excludes 0.\n");
}

}  // namespace

std::string EvaluationMarkdown(const std::vector<MeasuredTable>& tables,
                               const RowStatistics* teacher, const EvaluationFacts& facts) {
  std::string text = absl::StrCat(
      "# Evaluation: ", facts.benchmark.title, "\n\nWritten by `", facts.command, "`. ",
      facts.benchmark.subject, ".\n\n", Explanations(facts),
      "\n## The floor\n\nWhat no model can beat: true pictures of the same prompts, and those "
      "through the teacher's autoencoder and back.\n\n",
      facts.floor_note.empty() ? "" : absl::StrCat(facts.floor_note, "\n\n"));
  const auto floor = [&](const std::vector<Column>& columns) {
    return PartText(facts.floor, nullptr, Measured(columns, facts.floor), Cells::kValue);
  };
  absl::StrAppend(&text, floor(DistanceColumns()), "\n", floor(PromptColumns()),
                  ClaimsText(facts.claims));
  for (const MeasuredTable& table : tables) {
    if (!table.rows.empty()) absl::StrAppend(&text, TableText(table, facts).Write(teacher));
  }
  if (!facts.missing.empty()) {
    absl::StrAppend(&text, "\nNot measured, because the folder is missing: ",
                    absl::StrJoin(facts.missing, ", "), ".\n");
  }
  return text;
}

}  // namespace strobe::model
