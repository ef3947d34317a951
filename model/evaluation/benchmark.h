// What checkpoints are compared on.

#ifndef STROBE_MODEL_EVALUATION_BENCHMARK_H_
#define STROBE_MODEL_EVALUATION_BENCHMARK_H_

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/evaluation/detectors/seed_spread.h"
#include "model/evaluation/report/benchmark_facts.h"

namespace strobe::model {

// What is read off a picture, by the statistic's name: shares of right answers, errors.
using Verdict = std::map<std::string, double>;

// Prompts, pictures that answer them truly, and judges of a picture. Pictures are float32 [3, S, S]
// in 0..1. Immutable; errors name a file, or the picture that a judge does not take.
class Benchmark {
 public:
  virtual ~Benchmark() = default;

  // The prompts in their order, and a picture that prompt `index` is true of.
  virtual const std::vector<std::string>& prompts() const = 0;
  virtual absl::StatusOr<at::Tensor> TruePicture(size_t index) const = 0;

  // Other true pictures, for the distances: at least 8.
  virtual int num_references() const = 0;
  virtual absl::StatusOr<at::Tensor> ReferencePicture(int index) const = 0;

  // S of all of these. A model's pictures are brought to it before they are compared.
  virtual int picture_size() const = 0;

  // Whether `picture`, of any size, shows what prompt `index` says. `features` are the critic's of
  // it, [kFeatures].
  virtual absl::StatusOr<Verdict> Judge(size_t index, const at::Tensor& picture,
                                        const at::Tensor& features) const = 0;

  // Prompts to be drawn with several seeds each; a picture that spread prompt `index` is true of,
  // another one for each `seed` below the number of seeds asked for.
  virtual const std::vector<std::string>& spread_prompts() const = 0;
  virtual absl::StatusOr<at::Tensor> TrueSpreadPicture(size_t index, int seed) const = 0;

  // What is compared from seed to seed: a part for each of facts().spreads.
  virtual absl::StatusOr<SpreadReading> ReadSpread(const at::Tensor& picture) const = 0;

  // What its report says and which columns it has.
  virtual const BenchmarkFacts& facts() const = 0;

  // Tells apart what was measured: equal keys have equal prompts, pictures and judges.
  virtual std::string Key() const = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_BENCHMARK_H_
