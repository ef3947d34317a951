// A small network that knows pictures and captions of scenes: the place of Inception and CLIP.

#ifndef STROBE_MODEL_EVALUATION_SCENE_CRITIC_H_
#define STROBE_MODEL_EVALUATION_SCENE_CRITIC_H_

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "model/layers/conv_2d.h"
#include "model/layers/linear.h"
#include "model/layers/normalization.h"
#include "model/text/clip/clip_text_model.h"
#include "model/text/clip/clip_tokenizer.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// The picture side: four strided convolutions, then features that keep where things are. Holds
// weights; immutable.
class ScenePictureEncoder {
 public:
  static constexpr int kPictureSize = 64;  // pixels; other sizes are resampled
  static constexpr int kFeatures = 128;
  static constexpr int kEmbedding = 64;

  // Takes "picture.*" of `loader`.
  explicit ScenePictureEncoder(StateDictLoader& loader);

  // Float32 pictures [B, 3, S, S] in 0..1 to [B, kFeatures]: what Frechet distances are taken on.
  at::Tensor Features(const at::Tensor& pictures) const;

  // Features to unit vectors [B, kEmbedding], to be compared with captions.
  at::Tensor Embed(const at::Tensor& features) const;

 private:
  std::vector<Conv2d> convolutions_;
  std::vector<GroupNorm> norms_;
  Linear to_features_;
  Linear to_embedding_;
};

// Caption vectors from the text encoder's last position: unit, [B, kEmbedding]. `projection`:
// [kEmbedding, width].
at::Tensor EmbedCaptions(const ClipTextModel& text, const at::Tensor& projection,
                         const at::Tensor& token_ids);

// A trained critic, read from a directory: `critic.safetensors`, `text_config.json`, tokenizer
// files. Immutable.
class SceneCritic {
 public:
  // Computes on `device`. Errors name the file and the reason.
  static absl::StatusOr<std::unique_ptr<SceneCritic>> Load(const std::string& directory,
                                                           at::Device device = at::kCPU);

  // Of pictures anywhere, as ScenePictureEncoder does; on the CPU.
  at::Tensor Features(const at::Tensor& pictures) const {
    return pictures_.Features(pictures.to(device())).to(at::kCPU);
  }

  // The cosine of each picture (by its features) and its caption, [B], -1..1; on the CPU.
  at::Tensor Similarity(const at::Tensor& features, const std::vector<std::string>& captions) const;

 private:
  at::Device device() const { return projection_.device(); }

  SceneCritic(StateDictLoader& loader, std::unique_ptr<ClipTextModel> text,
              const at::Tensor& projection, const ClipTokenizer& tokenizer);

  ScenePictureEncoder pictures_;
  std::unique_ptr<ClipTextModel> text_;
  at::Tensor projection_;
  ClipTokenizer tokenizer_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_SCENE_CRITIC_H_
