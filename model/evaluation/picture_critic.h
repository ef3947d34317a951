// A network that knows pictures and their captions: the place of Inception and CLIP, and of a
// person who says what a picture shows.

#ifndef STROBE_MODEL_EVALUATION_PICTURE_CRITIC_H_
#define STROBE_MODEL_EVALUATION_PICTURE_CRITIC_H_

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "model/evaluation/critic_config.h"
#include "model/evaluation/picture_encoder.h"
#include "model/text/clip/clip_text_model.h"
#include "model/text/clip/clip_tokenizer.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Caption vectors from the text encoder's last position: unit, [B, kEmbedding]. `projection`:
// [kEmbedding, width].
at::Tensor EmbedCaptions(const ClipTextModel& text, const at::Tensor& projection,
                         const at::Tensor& token_ids);

// A trained critic, read from a directory: `critic.safetensors`, `text_config.json`, tokenizer
// files, and `critic.json`, without which it is one of 64 pixels that detects nothing. Immutable.
class PictureCritic {
 public:
  // Computes on `device`. Errors name the file and the reason.
  static absl::StatusOr<std::unique_ptr<PictureCritic>> Load(const std::string& directory,
                                                             at::Device device = at::kCPU);

  int picture_size() const { return config_.encoder.picture_size; }

  // What it detects, and how well.
  const AttributeHeads& heads() const { return config_.heads; }
  const std::vector<DetectorAccuracy>& accuracy() const { return config_.accuracy; }

  // Tells critics of other weights apart.
  const std::string& fingerprint() const { return fingerprint_; }

  // Of pictures anywhere, as PictureEncoder does; on the CPU.
  at::Tensor Features(const at::Tensor& pictures) const;

  // The cosine of each picture (by its features) and its caption, [B], -1..1; on the CPU.
  at::Tensor Similarity(const at::Tensor& features, const std::vector<std::string>& captions) const;

  // The class of each of heads(), which there must be, that the picture (by its features) shows,
  // int64 [B, heads]; on the CPU.
  at::Tensor Detect(const at::Tensor& features) const;

 private:
  PictureCritic(CriticConfig config, StateDictLoader& loader, std::unique_ptr<ClipTextModel> text,
                const at::Tensor& projection, const ClipTokenizer& tokenizer);

  at::Device device() const { return projection_.device(); }

  CriticConfig config_;
  PictureEncoder pictures_;
  std::unique_ptr<ClipTextModel> text_;
  at::Tensor projection_;
  at::Tensor head_weight_;  // [classes, kFeatures]; undefined without heads
  at::Tensor head_bias_;    // [classes]
  ClipTokenizer tokenizer_;
  std::string fingerprint_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_PICTURE_CRITIC_H_
