#include "model/pipeline/component_fit.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace strobe::model {
namespace {

// Collects pairs of numbers that should be equal and are not.
class FitCheck {
 public:
  void MustMatch(absl::string_view what, int64_t left, absl::string_view other, int64_t right) {
    if (left == right) return;
    problems_.push_back(absl::StrCat(what, " is ", left, " but ", other, " is ", right));
  }

  void Complain(std::string problem) { problems_.push_back(std::move(problem)); }

  absl::Status status() const {
    if (problems_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("components do not fit together: ", absl::StrJoin(problems_, "; ")));
  }

 private:
  std::vector<std::string> problems_;
};

void CheckTextTowers(const PromptEncoder& encoder, const PipelineFamily& family, FitCheck& check) {
  for (size_t i = 0; i < encoder.towers().size(); ++i) {
    const TextTower& tower = encoder.towers()[i];
    const TextTowerSource& source = family.text_towers[i];
    const int length = tower.tokenizer.model_max_length();
    if (length > tower.config.max_position_embeddings) {
      check.MustMatch(absl::StrCat(source.tokenizer, " model_max_length"), length,
                      absl::StrCat(source.text_encoder, " max_position_embeddings"),
                      tower.config.max_position_embeddings);
    }
    if (tower.tokenizer.largest_id() >= tower.config.vocab_size) {
      check.MustMatch(absl::StrCat(source.tokenizer, "'s largest id plus 1"),
                      tower.tokenizer.largest_id() + 1,
                      absl::StrCat(source.text_encoder, " vocab_size"), tower.config.vocab_size);
    }
    check.MustMatch(absl::StrCat(source.tokenizer, " model_max_length"), length,
                    "tokenizer model_max_length", encoder.max_tokens());
  }
}

}  // namespace

absl::Status CheckComponentsFit(const PipelineFamily& family, const PromptEncoder& prompt_encoder,
                                const UNet2DConditionConfig& unet, const ImageDecoder& decoder,
                                const ImageDecoder* preview_decoder) {
  FitCheck check;
  check.MustMatch(
      family.is_sdxl ? "the text encoders' hidden_size together" : "text_encoder hidden_size",
      prompt_encoder.context_width(), "unet cross_attention_dim", unet.cross_attention_dim());
  check.MustMatch("unet in_channels", unet.in_channels, "unet out_channels", unet.out_channels);
  check.MustMatch("unet out_channels", unet.out_channels, "vae latent_channels",
                  decoder.latent_channels());
  if (preview_decoder != nullptr) {
    check.MustMatch("preview decoder's latent_channels", preview_decoder->latent_channels(),
                    "vae's", decoder.latent_channels());
    check.MustMatch("preview decoder's pixels a latent cell", preview_decoder->scale_factor(),
                    "vae's", decoder.scale_factor());
  }
  CheckTextTowers(prompt_encoder, family, check);
  if (unet.text_time.has_value() != family.is_sdxl) {
    check.Complain(absl::StrCat(
        "the unet's addition_embed_type ",
        family.is_sdxl ? "must be \"text_time\" in a " : "\"text_time\" does not belong into a ",
        family.pipeline_class));
  } else if (family.is_sdxl) {
    check.MustMatch("text_encoder_2 projection_dim", prompt_encoder.pooled_width(),
                    "the pooled prompt in the unet's projection_class_embeddings_input_dim",
                    unet.text_time->text_dim());
  }
  return check.status();
}

}  // namespace strobe::model
