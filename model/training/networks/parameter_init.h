// First values of parameters, chosen by name and shape.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_PARAMETER_INIT_H_
#define STROBE_MODEL_TRAINING_NETWORKS_PARAMETER_INIT_H_

#include <cstdint>

#include "model/training/networks/parameter_set.h"

namespace strobe::model {

// All of them draw normal values that are a pure function of (seed, name): the order in which a
// network takes its tensors does not matter. Vectors called "weight" belong to normalizations and
// are 1.

// Convolutions and linear layers: variance 1 / (3 fan_in), as PyTorch's default; biases 0.
ParameterInitializer DefaultInitializer(uint64_t seed);

// CLIP's (Radford et al. 2021, section 2.5): embeddings 0.02, attention and MLP scaled by width and
// depth; biases 0.
ParameterInitializer ClipTextInitializer(uint64_t seed, int num_layers);

// The decoder of AutoencoderTiny: Kaiming normal, the last convolution of each block times 1/4, the
// output convolution scaled so that pictures start with a standard deviation near 1/4.
ParameterInitializer TinyDecoderInitializer(uint64_t seed);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_PARAMETER_INIT_H_
