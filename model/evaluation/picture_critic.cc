#include "model/evaluation/picture_critic.h"

#include <filesystem>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/json_reader.h"
#include "base/status_macros.h"
#include "model/evaluation/head_answers.h"
#include "model/weights/safetensors_file.h"
#include "model/weights/weights_fingerprint.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

std::string ReadOrEmpty(const fs::path& path) { return ReadFile(path.string()).value_or(""); }

// The critics of earlier releases have no critic.json.
absl::StatusOr<CriticConfig> ConfigIn(const fs::path& root) {
  const std::string path = (root / "critic.json").string();
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (absl::IsNotFound(text.status())) return CriticConfig();
  STROBE_RETURN_IF_ERROR(text.status());
  STROBE_ASSIGN_OR_RETURN(const nlohmann::json json, ParseJson(*text, path));
  const absl::StatusOr<CriticConfig> config = ReadCriticConfig(json);
  if (config.ok()) return config;
  return absl::InvalidArgumentError(absl::StrCat(root.string(), ": ", config.status().message()));
}

absl::StatusOr<ClipTokenizer> TokenizerIn(const fs::path& root) {
  ClipTokenizerFiles files;
  files.vocab_json = ReadOrEmpty(root / "vocab.json");
  files.merges_txt = ReadOrEmpty(root / "merges.txt");
  files.special_tokens_map_json = ReadOrEmpty(root / "special_tokens_map.json");
  files.tokenizer_config_json = ReadOrEmpty(root / "tokenizer_config.json");
  return ClipTokenizer::Create(files);
}

}  // namespace

at::Tensor EmbedCaptions(const ClipTextModel& text, const at::Tensor& projection,
                         const at::Tensor& token_ids) {
  return UnitRows(at::linear(text.Forward(token_ids).last_hidden_state.select(1, -1), projection));
}

PictureCritic::PictureCritic(CriticConfig config, StateDictLoader& loader,
                             std::unique_ptr<ClipTextModel> text, const at::Tensor& projection,
                             const ClipTokenizer& tokenizer)
    : config_(std::move(config)),
      pictures_(loader, config_.encoder),
      text_(std::move(text)),
      projection_(projection),
      tokenizer_(tokenizer) {
  if (config_.heads.empty()) return;
  const int64_t classes = NumClasses(config_.heads);
  head_weight_ = loader.Take("heads.weight", {classes, PictureEncoder::kFeatures});
  head_bias_ = loader.Take("heads.bias", {classes});
}

absl::StatusOr<std::unique_ptr<PictureCritic>> PictureCritic::Load(const std::string& directory,
                                                                   at::Device device) {
  const fs::path root(directory);
  const std::string weights = (root / "critic.safetensors").string();
  STROBE_ASSIGN_OR_RETURN(const auto contents, ReadSafetensors(weights));
  STROBE_ASSIGN_OR_RETURN(CriticConfig config, ConfigIn(root));
  STROBE_ASSIGN_OR_RETURN(const auto text_config, ClipTextConfig::FromJson(nlohmann::json::parse(
                                                      ReadOrEmpty(root / "text_config.json"),
                                                      nullptr, /*allow_exceptions=*/false)));
  STROBE_ASSIGN_OR_RETURN(const ClipTokenizer tokenizer, TokenizerIn(root));
  StateDictLoader::Options options;
  options.device = device;
  StateDictLoader loader("critic", contents.tensors, options);
  std::unique_ptr<ClipTextModel> text =
      ClipTextModel::Create(text_config, ClipTextModel::Head::kNone, loader);
  const at::Tensor projection =
      loader.Take("caption_projection", {PictureEncoder::kEmbedding, text_config.hidden_size});
  std::unique_ptr<PictureCritic> critic(
      new PictureCritic(std::move(config), loader, std::move(text), projection, tokenizer));
  STROBE_RETURN_IF_ERROR(loader.Finish());
  critic->fingerprint_ = WeightsFingerprint({weights});
  return critic;
}

at::Tensor PictureCritic::Features(const at::Tensor& pictures) const {
  const at::NoGradGuard no_grad;
  return pictures_.Features(pictures.to(device())).to(at::kCPU);
}

at::Tensor PictureCritic::Similarity(const at::Tensor& features,
                                     const std::vector<std::string>& captions) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> ids;
  for (const std::string& caption : captions) {
    ids.push_back(at::tensor(tokenizer_.Encode(caption).input_ids, at::kLong));
  }
  const at::Tensor wanted = EmbedCaptions(*text_, projection_, at::stack(ids).to(device()));
  return (pictures_.Embed(features.to(device())) * wanted).sum(1).to(at::kCPU);
}

at::Tensor PictureCritic::Detect(const at::Tensor& features) const {
  const at::NoGradGuard no_grad;
  const at::Tensor logits = at::linear(features.to(device()), head_weight_, head_bias_);
  return AnswersOf(logits, heads()).to(at::kCPU);
}

}  // namespace strobe::model
