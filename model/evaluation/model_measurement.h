// Measures checkpoints, each once.

#ifndef STROBE_MODEL_EVALUATION_MODEL_MEASUREMENT_H_
#define STROBE_MODEL_EVALUATION_MODEL_MEASUREMENT_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/evaluation/benchmark.h"
#include "model/evaluation/evaluation_run.h"
#include "model/evaluation/picture_critic.h"
#include "model/evaluation/reference_pictures.h"
#include "model/evaluation/report/comparison_rows.h"
#include "model/evaluation/row_measurement.h"
#include "model/evaluation/spread_measurement.h"
#include "model/pipeline/text_to_image_pipeline.h"

namespace strobe::model {

// Holds what models are compared on and with. Not thread-safe.
class ModelMeasurement {
 public:
  // Makes the output's folders and looks at the true pictures. Errors name the folder, the critic
  // or the data.
  static absl::StatusOr<std::unique_ptr<ModelMeasurement>> Create(const EvaluationOptions& options);

  // True pictures of the prompts themselves.
  absl::StatusOr<MeasuredRow> MeasureTruth();

  // The same through the teacher's autoencoder and back: what its latents can tell. Errors are
  // AutoencoderRoundTrip's: a model that serves need not have its encoder.
  absl::StatusOr<MeasuredRow> MeasureRoundTrip();

  // The row of the model in its folder and of those of other training seeds beside it; nothing when
  // the folder is not there. Writes the row's strip of samples.
  absl::StatusOr<std::optional<MeasuredRow>> Measure(const ComparisonRow& row);

  absl::StatusOr<std::unique_ptr<TextToImagePipeline>> LoadModel(const std::string& folder) const;

  const Benchmark& benchmark() const { return *benchmark_; }

  // The texts of the first `count` prompts.
  std::vector<std::string> Texts(size_t count) const;

 private:
  explicit ModelMeasurement(const EvaluationOptions& options) : options_(options) {}

  std::vector<std::string> FoldersOf(const ComparisonRow& row) const;
  absl::StatusOr<RowStatistics> MeasureModel(const ComparisonRow& row);
  absl::StatusOr<RowStatistics> Draw(const ComparisonRow& row, TextToImagePipeline& pipeline);
  std::string KeyOf(const ComparisonRow& row, const std::string& weights) const;
  MeasurementContext Context() const;

  EvaluationOptions options_;
  std::unique_ptr<PictureCritic> critic_;
  std::unique_ptr<Benchmark> benchmark_;
  std::optional<ReferencePictures> references_;
  std::optional<SpreadMeasurement> spread_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_MODEL_MEASUREMENT_H_
