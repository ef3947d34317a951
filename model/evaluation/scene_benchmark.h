// Prompts of drawn scenes, judged by detectors that need no training.

#ifndef STROBE_MODEL_EVALUATION_SCENE_BENCHMARK_H_
#define STROBE_MODEL_EVALUATION_SCENE_BENCHMARK_H_

#include <string>
#include <vector>

#include "model/evaluation/benchmark.h"
#include "model/evaluation/report/evaluation_prompts.h"

namespace strobe::model {

// Float32 [3, size, size] in 0..1.
at::Tensor RenderPicture(const Scene& scene, int size);

// The spread is that of what the detectors read of one object.
class SceneBenchmark final : public Benchmark {
 public:
  SceneBenchmark(const PromptSet& set, int num_prompts, int num_references, int num_spread_prompts);

  const std::vector<std::string>& prompts() const override { return texts_; }
  absl::StatusOr<at::Tensor> TruePicture(size_t index) const override;
  int num_references() const override { return facts_.num_references; }
  absl::StatusOr<at::Tensor> ReferencePicture(int index) const override;
  int picture_size() const override;
  absl::StatusOr<Verdict> Judge(size_t index, const at::Tensor& picture,
                                const at::Tensor& features) const override;
  const std::vector<std::string>& spread_prompts() const override { return spread_texts_; }
  absl::StatusOr<at::Tensor> TrueSpreadPicture(size_t index, int seed) const override;
  absl::StatusOr<SpreadReading> ReadSpread(const at::Tensor& picture) const override;
  const BenchmarkFacts& facts() const override { return facts_; }
  std::string Key() const override;

 private:
  PromptSet set_;
  std::vector<EvaluationPrompt> prompts_;
  std::vector<EvaluationPrompt> spread_prompts_;
  std::vector<std::string> texts_;
  std::vector<std::string> spread_texts_;
  BenchmarkFacts facts_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_SCENE_BENCHMARK_H_
