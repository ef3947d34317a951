// The network that a sampler calls at each step, whatever its architecture.

#ifndef STROBE_MODEL_DENOISER_DENOISER_H_
#define STROBE_MODEL_DENOISER_DENOISER_H_

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace strobe::model {

// What a denoiser is told beside latents and timesteps, a row for each row of latents. Undefined
// where its family has no such thing; a network that needs one throws c10::Error without it.
struct DenoiserConditions {
  at::Tensor context = {};       // [B, text rows, context width], of the text encoders
  at::Tensor context_mask = {};  // bool [B, text rows], true: the row counts; undefined: all do
  at::Tensor pooled = {};        // [B, pooled width], the prompt as one vector
  at::Tensor sizes = {};         // float32 [B, numbers] about the picture's size: SDXL's six
  at::Tensor guidance = {};      // float32 [B], a distilled guidance scale as the network takes it
};

// What a denoiser's config says to the rest of a pipeline.
struct DenoiserFacts {
  int64_t in_channels = 4;   // of the latents that go in
  int64_t out_channels = 4;  // and of those that come out
  int64_t context_width = 0;
  int64_t pooled_width = 0;     // 0: no pooled prompt
  bool takes_guidance = false;  // guidance is distilled into it
  int64_t sample_height = 0;    // latent cells at the trained size; 0: the file does not say
  int64_t sample_width = 0;
};

// Holds weights; immutable after creation, so that all may be called from several threads.
class Denoiser {
 public:
  virtual ~Denoiser() = default;

  // `latents`: [B, in_channels, h, w] as the sampler keeps them. `timesteps`: float32 [B], the
  // labels of the step table. Returns [B, out_channels, h, w]: what the step table's prediction
  // type says, so that a network with a label or a sign of its own converts here. Inputs are
  // converted to the dtype of the weights, which is also that of the result; rows do not influence
  // each other. Throws c10::Error on shapes that do not fit.
  virtual at::Tensor Forward(const at::Tensor& latents, const at::Tensor& timesteps,
                             const DenoiserConditions& conditions) const = 0;

  // Elements that are alive at once at the worst moment of a call for one row of `height` x `width`
  // latent cells, beside the weights: an estimate for planning, not a bound.
  virtual int64_t EstimateActivations(int64_t height, int64_t width) const = 0;

  virtual DenoiserFacts facts() const = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_DENOISER_H_
