// How long a stage takes on a batch: measured at warm-up, corrected while running.

#ifndef STROBE_SERVER_BATCHING_COSTS_COST_MODEL_H_
#define STROBE_SERVER_BATCHING_COSTS_COST_MODEL_H_

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "absl/time/time.h"
#include "server/batching/costs/batch_key.h"
#include "server/batching/costs/stage.h"

namespace strobe::server {

// A larger batch that saves less than this of a sample's time is not worth the wait of its members.
inline constexpr double kWorthwhileSaving = 0.02;

// What a prediction is for.
enum class CostBasis {
  kMean,  // what to expect: estimates, batch growth, the work in front of a request
  kBest,  // what cannot be beaten as far as is known: who is certain to miss a deadline
};

// Keeps the moving mean and the best time of each (stage, key, batch size). An observation counts
// as at most twice what was expected, so one slow batch moves little; and since the best time only
// falls, a phase in which everything is slow never makes work look impossible that would correct
// the mean. A plain value: copies are independent. Pure: never reads a clock. Not thread-safe.
class CostModel {
 public:
  // What is known of one (stage, key, batch size).
  struct Point {
    Stage stage = Stage::kEncodePrompt;
    BatchKey key;
    int batch_size = 1;
    absl::Duration mean;
    absl::Duration best;
  };

  // Records that `stage` took `duration` on `batch_size` samples. The first observation of a
  // (stage, key, batch size) sets it, later ones move the mean exponentially. What was expected is
  // the mean, for a first observation what its model's other ones predict; where there are none,
  // it counts in full. Observations that are negative or of an empty batch are ignored.
  void Observe(Stage stage, const BatchKey& key, int batch_size, absl::Duration duration);

  // Predicted duration. Unseen batch sizes are interpolated between seen ones and scaled by the
  // largest seen one beyond; below they take the smallest seen one's (kBest: in proportion). A key
  // never seen takes the worst of its model's seen keys (or of all models'), scaled by pixels (text
  // does not depend on them); kBest takes the least one and never scales it up. Nothing seen at
  // all: zero.
  absl::Duration Predict(Stage stage, const BatchKey& key, int batch_size,
                         CostBasis basis = CostBasis::kMean) const;

  // The batch that is worth making, at most `max_batch_size`: the smallest seen one at which a
  // sample takes at most kWorthwhileSaving more than the least time of any seen batch. So 1 where a
  // second sample costs as much as a second call. `max_batch_size` when that is the largest seen
  // one, as larger ones may be better still, and for keys that were never seen.
  int BatchCap(Stage stage, const BatchKey& key, int max_batch_size) const;

  // Predicted duration of `stage` on `count` samples, in batches of at most `max_batch_size` that
  // are worth making, one after the other.
  absl::Duration PredictAll(Stage stage, const BatchKey& key, int count, int max_batch_size,
                            CostBasis basis = CostBasis::kMean) const;

  // Predicted device time that one sample takes of a stage at the largest seen batch.
  absl::Duration PredictShare(Stage stage, const BatchKey& key,
                              CostBasis basis = CostBasis::kMean) const;

  // Predicted time of one sample alone, until nothing of `plan` is left.
  absl::Duration PredictSample(const BatchKey& key, const StagePlan& plan,
                               CostBasis basis = CostBasis::kMean) const;

  // The same of `count` samples together, as PredictAll.
  absl::Duration PredictTogether(const BatchKey& key, const StagePlan& plan, int count,
                                 int max_batch_size, CostBasis basis = CostBasis::kMean) const;

  // Predicted device time one such sample takes from the queue at the largest seen batch.
  absl::Duration PredictAmortized(const BatchKey& key, const StagePlan& plan,
                                  CostBasis basis = CostBasis::kMean) const;

  // Nothing is known of the model any more; for when it is not loaded any more.
  void Forget(uint32_t model);

  // Everything that is known, for another process; and how it gets in there.
  std::vector<Point> Points() const;
  void Restore(const Point& point);

 private:
  struct Times {
    absl::Duration mean;
    absl::Duration best;

    absl::Duration of(CostBasis basis) const { return basis == CostBasis::kMean ? mean : best; }
  };
  struct Curve {
    std::map<int, Times> times;  // by batch size; not empty
    // The batch that is worth making, as BatchCap says; kNoCap: the largest allowed one.
    int cap = kNoCap;
  };
  using Curves = std::map<BatchKey, Curve>;

  static constexpr int kNoCap = std::numeric_limits<int>::max();

  // Of `times`.
  static int CapOf(const std::map<int, Times>& times);
  static absl::Duration Read(const Curve& curve, int batch_size, CostBasis basis);
  static bool HasModel(const Curves& curves, uint32_t model);

  PerStage<Curves> curves_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_COSTS_COST_MODEL_H_
