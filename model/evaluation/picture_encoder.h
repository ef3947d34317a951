// The picture side of the critic.

#ifndef STROBE_MODEL_EVALUATION_PICTURE_ENCODER_H_
#define STROBE_MODEL_EVALUATION_PICTURE_ENCODER_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers/conv_2d.h"
#include "model/layers/linear.h"
#include "model/layers/normalization.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Stages of convolutions, each of which halves the picture, then features that keep where things
// are. Holds weights; immutable.
class PictureEncoder {
 public:
  static constexpr int kFeatures = 128;
  static constexpr int kEmbedding = 64;

  struct Options {
    int picture_size = 64;                        // pixels; other sizes are resampled
    std::vector<int> widths = {32, 64, 96, 128};  // a stage each; multiples of 8
    int blocks = 0;                               // residual convolutions of a stage
  };

  // Takes "picture.*" of `loader`.
  PictureEncoder(StateDictLoader& loader, const Options& options);

  // Float32 pictures [B, 3, S, S] in 0..1 to [B, kFeatures]: what Frechet distances are taken on
  // and attributes are told from.
  at::Tensor Features(const at::Tensor& pictures) const;

  // Features to unit vectors [B, kEmbedding], to be compared with captions.
  at::Tensor Embed(const at::Tensor& features) const;

 private:
  struct Layer {
    Conv2d convolution;
    GroupNorm norm;

    at::Tensor Forward(const at::Tensor& hidden) const;
  };
  struct Stage {
    Layer halving;
    std::vector<Layer> blocks;
  };

  int picture_size_;
  std::vector<Stage> stages_;
  Linear to_features_;
  Linear to_embedding_;
};

// Rows of length 1, float32.
at::Tensor UnitRows(const at::Tensor& rows);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_PICTURE_ENCODER_H_
