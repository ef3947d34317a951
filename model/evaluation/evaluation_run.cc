#include "model/evaluation/evaluation_run.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/evaluation/model_measurement.h"
#include "model/evaluation/picture_source.h"
#include "model/evaluation/report/comparison_rows.h"
#include "model/evaluation/report/evaluation_report.h"
#include "model/evaluation/report/pairwise_page.h"
#include "model/evaluation/sample_sheets.h"
#include "model/image_io/image_codec.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPairs = 50;

class Evaluation {
 public:
  explicit Evaluation(const EvaluationOptions& options) : options_(options) {}

  absl::Status Run() {
    STROBE_ASSIGN_OR_RETURN(models_, ModelMeasurement::Create(options_));
    STROBE_ASSIGN_OR_RETURN(MeasuredRow truth, models_->MeasureTruth());
    facts_.floor.push_back(std::move(truth));
    absl::StatusOr<MeasuredRow> round_trip = models_->MeasureRoundTrip();
    if (round_trip.ok()) {
      facts_.floor.push_back(*std::move(round_trip));
    } else {
      facts_.floor_note =
          absl::StrCat("The round trip was not measured: ", round_trip.status().message(), ".");
      options_.progress(facts_.floor_note);
    }
    for (const ComparisonTable& table : StandardTables()) {
      STROBE_RETURN_IF_ERROR(MeasureTable(table));
    }
    if (known_.empty()) {
      return absl::NotFoundError(
          absl::StrCat(options_.runs, ": holds none of the models' folders"));
    }
    STROBE_RETURN_IF_ERROR(WritePairs());
    return WriteReport();
  }

 private:
  absl::Status MeasureTable(const ComparisonTable& table);
  absl::Status WritePairs();
  absl::Status WriteReport();
  absl::Status Write(const char* name, const std::string& bytes) const {
    return WriteFile((fs::path(options_.output) / name).string(), bytes);
  }

  // The pictures of the first prompts as PNG.
  absl::StatusOr<std::vector<std::string>> DrawPngs(const ComparisonRow& row) const;

  EvaluationOptions options_;
  std::unique_ptr<ModelMeasurement> models_;
  std::map<std::string, MeasuredRow> known_;  // by the row's name
  std::vector<MeasuredTable> tables_;
  EvaluationFacts facts_;
};

absl::Status Evaluation::MeasureTable(const ComparisonTable& table) {
  MeasuredTable measured{table, {}};
  for (const ComparisonRow& row : table.rows) {
    auto found = known_.find(row.Name());
    if (found == known_.end()) {
      STROBE_ASSIGN_OR_RETURN(std::optional<MeasuredRow> result, models_->Measure(row));
      if (!result.has_value()) {
        std::vector<std::string>& missing = facts_.missing;
        if (std::find(missing.begin(), missing.end(), row.folder) == missing.end()) {
          missing.push_back(row.folder);
        }
        continue;
      }
      found = known_.emplace(row.Name(), *std::move(result)).first;
    }
    measured.rows.push_back(found->second);
    measured.rows.back().row = row;  // with this table's label
  }
  tables_.push_back(std::move(measured));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Evaluation::DrawPngs(const ComparisonRow& row) const {
  STROBE_ASSIGN_OR_RETURN(const auto pipeline, models_->LoadModel(row.folder));
  std::vector<std::string> pngs;
  STROBE_RETURN_IF_ERROR(DrawPictures(
      *pipeline, row, models_->Texts(kPairs), options_.seed, options_.interrupted,
      [&](size_t, const at::Tensor& picture) {
        STROBE_ASSIGN_OR_RETURN(const RgbImage image, ToRgbImage(picture));
        STROBE_ASSIGN_OR_RETURN(std::string png, EncodeImage(image, ImageFormat::kPng, 0));
        pngs.push_back(std::move(png));
        return absl::OkStatus();
      }));
  return pngs;
}

absl::Status Evaluation::WritePairs() {
  // Ours against the strongest that is there.
  const ComparisonRow ours = OurRow(3);
  ComparisonRow other{"LCM", "lcm", 3, {}, {}};
  if (known_.count(other.Name()) == 0) other = TeacherRow();
  if (known_.count(ours.Name()) == 0 || known_.count(other.Name()) == 0) return absl::OkStatus();
  STROBE_ASSIGN_OR_RETURN(const std::vector<std::string> first, DrawPngs(ours));
  STROBE_ASSIGN_OR_RETURN(const std::vector<std::string> second, DrawPngs(other));
  std::vector<PicturePair> pairs;
  const std::vector<std::string> texts = models_->Texts(kPairs);
  for (size_t i = 0; i < texts.size(); ++i) pairs.push_back({texts[i], first[i], second[i]});
  return Write("pairwise.html",
               PairwisePage(absl::StrCat(ours.label, " ", ours.steps),
                            absl::StrCat(other.label, " ", other.steps), pairs, options_.seed));
}

absl::Status Evaluation::WriteReport() {
  facts_.benchmark = models_->benchmark().facts();
  facts_.num_resamples = options_.num_resamples;
  facts_.command = options_.command;
  facts_.claims = CheckClaims(known_);
  std::vector<MeasuredRow> all;
  for (const MeasuredTable& table : tables_) {
    all.insert(all.end(), table.rows.begin(), table.rows.end());
  }
  STROBE_RETURN_IF_ERROR(
      Write("sheets/README.md", SheetsMarkdown(all, models_->Texts(kSheetPictures))));
  const auto teacher = known_.find(TeacherRow().Name());
  return Write(
      "EVALUATION.md",
      EvaluationMarkdown(tables_, teacher == known_.end() ? nullptr : &teacher->second.statistics,
                         facts_));
}

}  // namespace

absl::Status RunEvaluation(const EvaluationOptions& options) {
  try {
    return Evaluation(options).Run();
  } catch (const std::exception& exception) {
    return absl::InternalError(exception.what());
  }
}

}  // namespace strobe::model
