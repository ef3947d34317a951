// Low-rank adapters (Hu et al. 2021) on the attention of a frozen denoiser.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_LORA_UNET_H_
#define STROBE_MODEL_TRAINING_NETWORKS_LORA_UNET_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/training/networks/parameter_set.h"

namespace strobe::model {

// Adapters "<module>.lora_A.weight" [rank, in] (random) and "<module>.lora_B.weight" [out, rank]
// (zero, so that nothing changes at first) for to_q, to_k, to_v and to_out.0 of every attention in
// `unet`, as peft names them.
StateDict MakeLora(const StateDict& unet, int64_t rank, uint64_t seed);

// `unet` with W + B A in place of each adapted weight W; the rest is shared. Gradients pass to the
// adapters.
StateDict MergeLora(const StateDict& unet, const StateDict& lora);

// A denoiser over frozen `base` weights and the current values of `lora`: the adapted weights are
// made anew in every call. Both sets must outlive it. Errors are those of the config and weights.
absl::StatusOr<std::unique_ptr<UNet2DConditionModel>> BuildLoraUnet(
    const UNet2DConditionConfig& config, const ParameterSet* base, const ParameterSet* lora);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_LORA_UNET_H_
