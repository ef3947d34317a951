// The Frechet distance between two sets of features (Heusel et al. 2017).

#ifndef STROBE_MODEL_EVALUATION_FRECHET_DISTANCE_H_
#define STROBE_MODEL_EVALUATION_FRECHET_DISTANCE_H_

#include <ATen/core/Tensor.h>

namespace strobe::model {

// |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) of normal distributions fitted to the rows of
// `first` [N, D] and `second` [M, D]; N, M >= 2. Computed in double.
double FrechetDistance(const at::Tensor& first, const at::Tensor& second);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_FRECHET_DISTANCE_H_
