// Captions of a folder of labelled pictures, judged by detectors that learnt such pictures.

#ifndef STROBE_MODEL_EVALUATION_FOLDER_BENCHMARK_H_
#define STROBE_MODEL_EVALUATION_FOLDER_BENCHMARK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/evaluation/benchmark.h"
#include "model/evaluation/picture_critic.h"
#include "model/evaluation/report/folder_prompts.h"
#include "model/scenes/folder_dataset.h"

namespace strobe::model {

struct FolderBenchmarkOptions {
  std::string folder;  // as FolderDataset reads it; its pictures must have attributes
  CaptionStyle style = CaptionStyle::kOpen;
  uint64_t seed = 9;
  int num_prompts = 1000;
  int num_references = 5000;  // at most: as many as the prompts leave
  int num_spread_prompts = 48;
  int num_spread_seeds = 16;
};

// Pictures are scaled to cover the critic's size and cut to its middle square. An attribute is
// right when the critic detects the value that the caption says. The spread is that of the critic's
// features, beside pictures of the folder of which the caption is true.
class FolderBenchmark final : public Benchmark {
 public:
  // `critic` must outlive it. Errors as of FolderDataset::Open and ChooseFolderPrompts.
  // INVALID_ARGUMENT also when the pictures have no attributes, when the critic does not know one
  // of them or a value of it (all are named), and when its pictures are too small to compare.
  static absl::StatusOr<std::unique_ptr<FolderBenchmark>> Create(
      const FolderBenchmarkOptions& options, const PictureCritic* critic);

  const std::vector<std::string>& prompts() const override { return texts_; }
  absl::StatusOr<at::Tensor> TruePicture(size_t index) const override;
  int num_references() const override { return facts_.num_references; }
  absl::StatusOr<at::Tensor> ReferencePicture(int index) const override;
  int picture_size() const override { return critic_->picture_size(); }
  absl::StatusOr<Verdict> Judge(size_t index, const at::Tensor& picture,
                                const at::Tensor& features) const override;
  const std::vector<std::string>& spread_prompts() const override { return spread_texts_; }
  absl::StatusOr<at::Tensor> TrueSpreadPicture(size_t index, int seed) const override;
  absl::StatusOr<SpreadReading> ReadSpread(const at::Tensor& picture) const override;
  const BenchmarkFacts& facts() const override { return facts_; }
  std::string Key() const override;

 private:
  FolderBenchmark(const FolderBenchmarkOptions& options, const PictureCritic* critic)
      : options_(options), critic_(critic) {}

  absl::Status Open();
  absl::StatusOr<at::Tensor> PictureAt(int64_t index) const;
  void WriteFacts();

  FolderBenchmarkOptions options_;
  const PictureCritic* critic_;
  std::unique_ptr<FolderDataset> pictures_;
  uint64_t metadata_hash_ = 0;
  FolderPrompts prompts_;  // with labels in the critic's classes
  std::vector<std::string> texts_;
  std::vector<std::string> spread_texts_;
  BenchmarkFacts facts_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_FOLDER_BENCHMARK_H_
