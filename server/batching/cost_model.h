// How long a stage takes on a batch: measured at warm-up, corrected while running.

#ifndef STROBE_SERVER_BATCHING_COST_MODEL_H_
#define STROBE_SERVER_BATCHING_COST_MODEL_H_

#include <array>
#include <map>
#include <tuple>

#include "absl/time/time.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

// Samples that may share a batch at a stage.
struct BatchKey {
  int model_index = 0;
  int width = 0;   // pixels
  int height = 0;  // pixels

  friend bool operator<(const BatchKey& a, const BatchKey& b) {
    return std::tie(a.model_index, a.width, a.height) < std::tie(b.model_index, b.width, b.height);
  }
  friend bool operator==(const BatchKey& a, const BatchKey& b) {
    return std::tie(a.model_index, a.width, a.height) == std::tie(b.model_index, b.width, b.height);
  }
};

// A plain value: copies are independent. Pure: never reads a clock. Not thread-safe.
class CostModel {
 public:
  // Records that `stage` took `duration` on `batch_size` samples. The first observation of a
  // (stage, key, batch size) sets it, later ones move it by an exponential average. Observations
  // that are negative or of an empty batch are ignored.
  void Observe(Stage stage, const BatchKey& key, int batch_size, absl::Duration duration);

  // Predicted duration. Unseen batch sizes are interpolated between seen ones, scaled by the
  // largest seen one beyond, and take the smallest seen one's below; a key never seen takes the
  // worst seen key's, scaled by pixels (text does not depend on them); nothing seen at all: zero.
  absl::Duration Predict(Stage stage, const BatchKey& key, int batch_size) const;

  // Predicted device time that one sample takes of a stage at the largest seen batch.
  absl::Duration PredictShare(Stage stage, const BatchKey& key) const;

  // Predicted time of one sample alone from prompt to decoded picture.
  absl::Duration PredictSample(const BatchKey& key, int denoise_steps) const;

  // Predicted device time one such sample takes from the queue at the largest seen batch.
  absl::Duration PredictAmortized(const BatchKey& key, int denoise_steps) const;

 private:
  using Curve = std::map<int, absl::Duration>;  // by batch size; never empty

  static absl::Duration Read(const Curve& curve, int batch_size);

  std::array<std::map<BatchKey, Curve>, kStageCount> curves_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_COST_MODEL_H_
