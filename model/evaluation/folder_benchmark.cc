#include "model/evaluation/folder_benchmark.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file_io.h"
#include "base/fnv1a.h"
#include "base/status_macros.h"
#include "model/evaluation/picture_tensors.h"
#include "model/evaluation/report/statistic_names.h"
#include "model/scenes/label_mapping.h"

namespace strobe::model {
namespace {

constexpr int kLeastReferences = 8;
constexpr int kLeastSize = 28;  // what patches on three levels need

FolderPromptOptions PromptOptionsOf(const FolderBenchmarkOptions& options) {
  FolderPromptOptions prompts;
  prompts.style = options.style;
  prompts.seed = options.seed;
  prompts.num_prompts = options.num_prompts;
  prompts.num_references = options.num_references;
  prompts.num_spread_prompts = options.num_spread_prompts;
  prompts.num_spread_pictures = options.num_spread_seeds;
  return prompts;
}

absl::Status InFolder(const std::string& folder, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(folder, ": ", status.message()));
}

// What to do about a critic that does not know the data.
std::string Advice(const std::string& folder) {
  return absl::StrCat("; train one that does: strobe-model train-critic --data ", folder);
}

absl::StatusOr<LabelMapping> ToCritic(const std::string& folder, const AttributeHeads& heads,
                                      const PictureCritic& critic) {
  if (heads.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder,
        ": metadata.jsonl has no \"attributes\", so that no prompt's answer is known; see "
        "docs/training/data.md"));
  }
  if (critic.heads().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the critic detects no attributes", Advice(folder)));
  }
  absl::StatusOr<LabelMapping> mapping = LabelMapping::Create(heads, critic.heads());
  if (mapping.ok()) return mapping;
  return absl::InvalidArgumentError(absl::StrCat("the critic does not know all of ", folder, ", ",
                                                 mapping.status().message(), Advice(folder)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FolderBenchmark>> FolderBenchmark::Create(
    const FolderBenchmarkOptions& options, const PictureCritic* critic) {
  std::unique_ptr<FolderBenchmark> benchmark(new FolderBenchmark(options, critic));
  STROBE_RETURN_IF_ERROR(benchmark->Open());
  return benchmark;
}

absl::Status FolderBenchmark::Open() {
  const int size = critic_->picture_size();
  if (size < kLeastSize || size % 4 != 0) {
    return absl::InvalidArgumentError(absl::StrCat("the critic looks at pictures of ", size,
                                                   " pixels; distances need ", kLeastSize,
                                                   " or more, a multiple of 4"));
  }
  STROBE_ASSIGN_OR_RETURN(pictures_, FolderDataset::Open(options_.folder, size));
  STROBE_ASSIGN_OR_RETURN(const LabelMapping mapping,
                          ToCritic(options_.folder, pictures_->heads(), *critic_));
  const std::filesystem::path folder(options_.folder);
  STROBE_ASSIGN_OR_RETURN(const std::string metadata,
                          ReadFile((folder / "metadata.jsonl").string()));
  metadata_hash_ = Fnv1a(metadata);
  auto chosen = ChooseFolderPrompts(*pictures_, PromptOptionsOf(options_));
  if (!chosen.ok()) return InFolder(options_.folder, chosen.status());
  prompts_ = *std::move(chosen);
  if (prompts_.references.size() < kLeastReferences) {
    return InFolder(options_.folder,
                    absl::InvalidArgumentError("has too few pictures: 16 at least"));
  }
  for (FolderPrompt& prompt : prompts_.prompts) {
    prompt.caption.labels = mapping.Map(prompt.caption.labels, kNotSaid);
    texts_.push_back(prompt.caption.text);
  }
  for (const SpreadPrompt& prompt : prompts_.spread) spread_texts_.push_back(prompt.text);
  WriteFacts();
  return absl::OkStatus();
}

void FolderBenchmark::WriteFacts() {
  facts_.title = absl::StrCat(CaptionStyleName(options_.style), " prompts of ", options_.folder);
  facts_.subject = absl::StrCat(prompts_.prompts.size(), " captions of its ", pictures_->size(),
                                " pictures, seed ", options_.seed);
  facts_.judge =
      "the critic's detectors find; the numbers in the titles are what they find in true pictures "
      "that they did not learn from";
  facts_.spread = "in the critic's features, in that of pictures that its caption is true of";
  facts_.num_references = static_cast<int>(prompts_.references.size());
  for (size_t i = 0; i < critic_->heads().size(); ++i) {
    const std::string& name = critic_->heads()[i].name;
    facts_.attributes.push_back(
        {DetectedName(name),
         absl::StrFormat("%s (%.1f)", name, 100 * critic_->accuracy()[i].share())});
  }
  facts_.spreads.push_back({SpreadName("features"), "features"});
}

absl::StatusOr<at::Tensor> FolderBenchmark::PictureAt(int64_t index) const {
  STROBE_ASSIGN_OR_RETURN(const RgbImage image, pictures_->Picture(index));
  return StackPictures({&image, 1}).squeeze(0);
}

absl::StatusOr<at::Tensor> FolderBenchmark::TruePicture(size_t index) const {
  return PictureAt(prompts_.prompts[index].picture);
}

absl::StatusOr<at::Tensor> FolderBenchmark::ReferencePicture(int index) const {
  return PictureAt(prompts_.references[static_cast<size_t>(index)]);
}

absl::StatusOr<Verdict> FolderBenchmark::Judge(size_t index, const at::Tensor& /*picture*/,
                                               const at::Tensor& features) const {
  const std::vector<int>& wanted = prompts_.prompts[index].caption.labels;
  const at::Tensor found = critic_->Detect(features.unsqueeze(0)).squeeze(0);
  const int64_t* const answers = found.const_data_ptr<int64_t>();
  Verdict verdict;
  int said = 0;
  int right = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == kNotSaid) continue;
    const bool is_right = answers[i] == wanted[i];
    verdict[DetectedName(critic_->heads()[i].name)] = is_right ? 1.0 : 0.0;
    ++said;
    right += is_right ? 1 : 0;
  }
  if (said == 0) return verdict;
  verdict[kAlignment] = static_cast<double>(right) / said;
  verdict[kComplex] = right == said ? 1.0 : 0.0;
  return verdict;
}

absl::StatusOr<at::Tensor> FolderBenchmark::TrueSpreadPicture(size_t index, int seed) const {
  return PictureAt(prompts_.spread[index].pictures[static_cast<size_t>(seed)]);
}

absl::StatusOr<SpreadReading> FolderBenchmark::ReadSpread(const at::Tensor& picture) const {
  const at::Tensor features =
      critic_->Features(picture.unsqueeze(0)).squeeze(0).to(at::kDouble).contiguous();
  const double* const first = features.const_data_ptr<double>();
  return SpreadReading{{first, first + features.numel()}};
}

std::string FolderBenchmark::Key() const {
  return absl::StrFormat("folder %016x/%s/seed %d/%d prompts/%d references/critic %s",
                         metadata_hash_, CaptionStyleName(options_.style), options_.seed,
                         prompts_.prompts.size(), prompts_.references.size(),
                         critic_->fingerprint());
}

}  // namespace strobe::model
