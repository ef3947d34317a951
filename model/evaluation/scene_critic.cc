#include "model/evaluation/scene_critic.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/weights/safetensors_file.h"

namespace strobe::model {
namespace {

constexpr int kWidths[] = {32, 64, 96, 128};
constexpr int kGroups = 8;
constexpr int kLastSide = ScenePictureEncoder::kPictureSize >> std::size(kWidths);

std::string ReadOrEmpty(const std::filesystem::path& path) {
  return ReadFile(path.string()).value_or("");
}

at::Tensor Unit(const at::Tensor& x) {
  const at::Tensor rows = x.to(at::kFloat);
  return rows / rows.square().sum(1, /*keepdim=*/true).sqrt().clamp_min(1e-6);
}

}  // namespace

ScenePictureEncoder::ScenePictureEncoder(StateDictLoader& loader)
    : to_features_(loader, "picture.to_features",
                   {kWidths[std::size(kWidths) - 1] * kLastSide * kLastSide, kFeatures}),
      to_embedding_(loader, "picture.to_embedding", {kFeatures, kEmbedding}) {
  int64_t channels = 3;
  for (size_t i = 0; i < std::size(kWidths); ++i) {
    Conv2d::Options options{channels, kWidths[i]};
    options.stride = 2;
    convolutions_.emplace_back(loader, absl::StrCat("picture.convolutions.", i), options);
    norms_.emplace_back(loader, absl::StrCat("picture.norms.", i),
                        GroupNorm::Options{kWidths[i], kGroups});
    channels = kWidths[i];
  }
}

at::Tensor ScenePictureEncoder::Features(const at::Tensor& pictures) const {
  at::Tensor hidden = 2.0 * pictures - 1.0;
  if (pictures.size(2) != kPictureSize || pictures.size(3) != kPictureSize) {
    hidden = at::upsample_bilinear2d(hidden, {kPictureSize, kPictureSize}, false);
  }
  for (size_t i = 0; i < convolutions_.size(); ++i) {
    hidden = at::silu(norms_[i].Forward(convolutions_[i].Forward(hidden)));
  }
  return to_features_.Forward(hidden.flatten(1)).to(at::kFloat);
}

at::Tensor ScenePictureEncoder::Embed(const at::Tensor& features) const {
  return Unit(to_embedding_.Forward(at::silu(features)));
}

at::Tensor EmbedCaptions(const ClipTextModel& text, const at::Tensor& projection,
                         const at::Tensor& token_ids) {
  return Unit(at::linear(text.Forward(token_ids).last_hidden_state.select(1, -1), projection));
}

SceneCritic::SceneCritic(StateDictLoader& loader, std::unique_ptr<ClipTextModel> text,
                         const at::Tensor& projection, const ClipTokenizer& tokenizer)
    : pictures_(loader), text_(std::move(text)), projection_(projection), tokenizer_(tokenizer) {}

absl::StatusOr<std::unique_ptr<SceneCritic>> SceneCritic::Load(const std::string& directory,
                                                               at::Device device) {
  const std::filesystem::path root(directory);
  STROBE_ASSIGN_OR_RETURN(const auto contents,
                          ReadSafetensors((root / "critic.safetensors").string()));
  STROBE_ASSIGN_OR_RETURN(const auto config, ClipTextConfig::FromJson(nlohmann::json::parse(
                                                 ReadOrEmpty(root / "text_config.json"), nullptr,
                                                 /*allow_exceptions=*/false)));
  ClipTokenizerFiles files;
  files.vocab_json = ReadOrEmpty(root / "vocab.json");
  files.merges_txt = ReadOrEmpty(root / "merges.txt");
  files.special_tokens_map_json = ReadOrEmpty(root / "special_tokens_map.json");
  files.tokenizer_config_json = ReadOrEmpty(root / "tokenizer_config.json");
  STROBE_ASSIGN_OR_RETURN(const ClipTokenizer tokenizer, ClipTokenizer::Create(files));
  StateDictLoader::Options options;
  options.device = device;
  StateDictLoader loader("critic", contents.tensors, options);
  std::unique_ptr<ClipTextModel> text =
      ClipTextModel::Create(config, ClipTextModel::Head::kNone, loader);
  const at::Tensor projection =
      loader.Take("caption_projection", {ScenePictureEncoder::kEmbedding, config.hidden_size});
  std::unique_ptr<SceneCritic> critic(
      new SceneCritic(loader, std::move(text), projection, tokenizer));
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return critic;
}

at::Tensor SceneCritic::Similarity(const at::Tensor& features,
                                   const std::vector<std::string>& captions) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> ids;
  for (const std::string& caption : captions) {
    ids.push_back(at::tensor(tokenizer_.Encode(caption).input_ids, at::kLong));
  }
  const at::Tensor wanted = EmbedCaptions(*text_, projection_, at::stack(ids).to(device()));
  return (pictures_.Embed(features.to(device())) * wanted).sum(1).to(at::kCPU);
}

}  // namespace strobe::model
