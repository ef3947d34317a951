#include "model/evaluation/model_measurement.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/evaluation/autoencoder_round_trip.h"
#include "model/evaluation/folder_benchmark.h"
#include "model/evaluation/picture_source.h"
#include "model/evaluation/report/statistic_names.h"
#include "model/evaluation/sample_sheets.h"
#include "model/evaluation/scene_benchmark.h"
#include "model/evaluation/statistics_file.h"
#include "model/output/output_folder.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

constexpr int kMostTrainings = 16;

absl::Status OpenOutput(const EvaluationOptions& options) {
  OutputRequest request;
  request.kind = OutputKind::kEvaluation;
  request.path = options.output;
  request.keep_apart.push_back({"the critic's folder", options.critic});
  request.keep_apart.push_back({"the data's folder", options.data});
  std::set<std::string> folders;
  for (const ComparisonTable& table : StandardTables()) {
    for (const ComparisonRow& row : table.rows) folders.insert(row.folder);
  }
  for (const std::string& folder : folders) {
    request.keep_apart.push_back({absl::StrCat("the folder of the model '", folder, "'"),
                                  (fs::path(options.runs) / folder).string()});
  }
  return OpenGrowingFolder(request);
}

absl::StatusOr<std::unique_ptr<Benchmark>> MakeBenchmark(const EvaluationOptions& options,
                                                         const PictureCritic* critic) {
  if (options.data.empty()) {
    return std::make_unique<SceneBenchmark>(PromptSet{options.domain, options.style, options.seed},
                                            options.num_prompts, options.num_references,
                                            options.num_spread_prompts);
  }
  FolderBenchmarkOptions folder;
  folder.folder = options.data;
  folder.style = options.style;
  folder.seed = options.seed;
  folder.num_prompts = options.num_prompts;
  folder.num_references = options.num_references;
  folder.num_spread_prompts = options.num_spread_prompts;
  folder.num_spread_seeds = options.num_spread_seeds;
  return FolderBenchmark::Create(folder, critic);
}

bool HoldsModel(const fs::path& folder) { return fs::exists(folder / "model_index.json"); }

// The share of pictures with all attributes right; prompts may say none.
std::string AllRightText(const MeasuredRow& row) {
  const auto found = row.statistics.find(kComplex);
  if (found == row.statistics.end()) return "-";
  return absl::StrFormat("%.1f %%", 100 * found->second.value);
}

// The statistics of several trainings as one row's.
RowStatistics MeanOf(const std::vector<RowStatistics>& trainings, uint64_t seed) {
  RowStatistics mean;
  for (const auto& [name, first] : trainings.front()) {
    std::vector<Resampled> all;
    for (const RowStatistics& training : trainings) {
      const auto found = training.find(name);
      if (found != training.end()) all.push_back(found->second);
    }
    mean[name] = MeanOverTrainings(all, seed);
  }
  return mean;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelMeasurement>> ModelMeasurement::Create(
    const EvaluationOptions& options) {
  std::unique_ptr<ModelMeasurement> measurement(new ModelMeasurement(options));
  STROBE_RETURN_IF_ERROR(OpenOutput(options));
  for (const char* folder : {"sheets", "rows"}) {
    STROBE_RETURN_IF_ERROR(MakeFolder((fs::path(options.output) / folder).string()));
  }
  STROBE_ASSIGN_OR_RETURN(measurement->critic_,
                          PictureCritic::Load(options.critic, options.device));
  STROBE_ASSIGN_OR_RETURN(measurement->benchmark_,
                          MakeBenchmark(options, measurement->critic_.get()));
  STROBE_ASSIGN_OR_RETURN(
      measurement->references_,
      ReferencePictures::Create(*measurement->benchmark_, *measurement->critic_));
  STROBE_ASSIGN_OR_RETURN(measurement->spread_,
                          SpreadMeasurement::Create(measurement->benchmark_.get(),
                                                    options.num_spread_seeds, options.seed));
  return measurement;
}

MeasurementContext ModelMeasurement::Context() const {
  return {benchmark_.get(), critic_.get(), &*references_, options_.seed, options_.num_resamples};
}

std::vector<std::string> ModelMeasurement::Texts(size_t count) const {
  const std::vector<std::string>& prompts = benchmark_->prompts();
  const size_t end = std::min(count, prompts.size());
  return {prompts.begin(), prompts.begin() + static_cast<std::ptrdiff_t>(end)};
}

absl::StatusOr<MeasuredRow> ModelMeasurement::MeasureTruth() {
  RowMeasurement measurement(Context());
  for (size_t i = 0; i < benchmark_->prompts().size(); ++i) {
    STROBE_ASSIGN_OR_RETURN(const at::Tensor picture, benchmark_->TruePicture(i));
    STROBE_RETURN_IF_ERROR(measurement.Add(picture));
  }
  MeasuredRow row{{"True pictures", "", 0, {}, {}}, 0, {}};
  STROBE_ASSIGN_OR_RETURN(row.statistics, measurement.Finish());
  options_.progress(
      absl::StrCat("true pictures: the detectors find all right in ", AllRightText(row)));
  return row;
}

absl::StatusOr<MeasuredRow> ModelMeasurement::MeasureRoundTrip() {
  const std::string teacher = (fs::path(options_.runs) / TeacherRow().folder).string();
  STROBE_ASSIGN_OR_RETURN(const AutoencoderRoundTrip round_trip,
                          AutoencoderRoundTrip::Load(teacher, options_.device));
  RowMeasurement measurement(Context());
  for (size_t i = 0; i < benchmark_->prompts().size(); ++i) {
    STROBE_ASSIGN_OR_RETURN(const at::Tensor picture, benchmark_->TruePicture(i));
    STROBE_RETURN_IF_ERROR(measurement.Add(round_trip.Through(picture.unsqueeze(0)).squeeze(0)));
  }
  MeasuredRow row{{"Autoencoder round trip", "", 0, {}, {}}, 0, {}};
  STROBE_ASSIGN_OR_RETURN(row.statistics, measurement.Finish());
  return row;
}

absl::StatusOr<std::unique_ptr<TextToImagePipeline>> ModelMeasurement::LoadModel(
    const std::string& folder) const {
  TextToImagePipeline::Options options;
  options.device = options_.device;
  return TextToImagePipeline::Load((fs::path(options_.runs) / folder).string(), options);
}

// Tells apart what was measured: weights, sampling and the options.
std::string ModelMeasurement::KeyOf(const ComparisonRow& row, const std::string& weights) const {
  return absl::StrCat(row.Name(), "/guidance ", row.guidance_scale.value_or(0), "/",
                      benchmark_->Key(), "/", options_.num_resamples, " resamples/",
                      options_.num_spread_prompts, "x", options_.num_spread_seeds, "/", weights);
}

std::vector<std::string> ModelMeasurement::FoldersOf(const ComparisonRow& row) const {
  std::vector<std::string> folders;
  if (!HoldsModel(fs::path(options_.runs) / row.folder)) return folders;
  folders.push_back(row.folder);
  for (int seed = 1; seed < kMostTrainings; ++seed) {
    const std::string folder = absl::StrCat(row.folder, "-seed", seed);
    if (HoldsModel(fs::path(options_.runs) / folder)) folders.push_back(folder);
  }
  return folders;
}

absl::StatusOr<std::optional<MeasuredRow>> ModelMeasurement::Measure(const ComparisonRow& row) {
  std::vector<RowStatistics> trainings;
  for (const std::string& folder : FoldersOf(row)) {
    ComparisonRow training = row;
    training.folder = folder;
    STROBE_ASSIGN_OR_RETURN(RowStatistics statistics, MeasureModel(training));
    trainings.push_back(std::move(statistics));
  }
  if (trainings.empty()) return std::nullopt;
  MeasuredRow measured{row, static_cast<int>(trainings.size()), MeanOf(trainings, options_.seed)};
  options_.progress(absl::StrFormat("%s, %d steps: complex %s, Frechet %.2f", row.label, row.steps,
                                    AllRightText(measured),
                                    measured.statistics.at(kFrechet).value));
  return measured;
}

absl::StatusOr<RowStatistics> ModelMeasurement::MeasureModel(const ComparisonRow& row) {
  STROBE_ASSIGN_OR_RETURN(const std::unique_ptr<TextToImagePipeline> pipeline,
                          LoadModel(row.folder));
  const fs::path output(options_.output);
  const std::string path = (output / "rows" / (row.Name() + ".safetensors")).string();
  const std::string key = KeyOf(row, pipeline->description().weights_fingerprint);
  if (fs::exists(output / "sheets" / SheetName(row))) {
    absl::StatusOr<RowStatistics> known = ReadStatistics(path, key);
    if (!absl::IsNotFound(known.status())) return known;
  }
  STROBE_ASSIGN_OR_RETURN(RowStatistics statistics, Draw(row, *pipeline));
  STROBE_RETURN_IF_ERROR(WriteStatistics(path, key, statistics));
  return statistics;
}

absl::StatusOr<RowStatistics> ModelMeasurement::Draw(const ComparisonRow& row,
                                                     TextToImagePipeline& pipeline) {
  RowMeasurement measurement(Context());
  std::vector<at::Tensor> shown;
  STROBE_RETURN_IF_ERROR(DrawPictures(pipeline, row, benchmark_->prompts(), options_.seed,
                                      options_.interrupted,
                                      [&](size_t index, const at::Tensor& picture) {
                                        if (index < kSheetPictures) shown.push_back(picture);
                                        return measurement.Add(picture);
                                      }));
  STROBE_ASSIGN_OR_RETURN(const std::string sheet, SheetPng(shown));
  STROBE_RETURN_IF_ERROR(
      WriteFile((fs::path(options_.output) / "sheets" / SheetName(row)).string(), sheet));
  STROBE_ASSIGN_OR_RETURN(RowStatistics statistics, measurement.Finish());
  STROBE_RETURN_IF_ERROR(
      spread_->Measure(pipeline, row, options_.num_resamples, options_.interrupted, statistics));
  return statistics;
}

}  // namespace strobe::model
