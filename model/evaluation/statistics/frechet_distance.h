// The Frechet distance between two sets of features (Heusel et al. 2017).

#ifndef STROBE_MODEL_EVALUATION_STATISTICS_FRECHET_DISTANCE_H_
#define STROBE_MODEL_EVALUATION_STATISTICS_FRECHET_DISTANCE_H_

#include <ATen/core/Tensor.h>

#include "model/evaluation/statistics/feature_moments.h"

namespace strobe::model {

// Distances to one set. Immutable.
class FrechetReference {
 public:
  explicit FrechetReference(const FeatureMoments& moments);

  // |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) of normal distributions with these moments.
  double DistanceTo(const FeatureMoments& moments) const;

 private:
  FeatureMoments moments_;
  at::Tensor root_;  // of the covariance
};

// That of the rows of `first` [N, D] to those of `second` [M, D]; N, M >= 2. Samples of finite size
// lie apart even if their distributions are the same: by about b (1 / N + 1 / M).
double FrechetDistance(const at::Tensor& first, const at::Tensor& second);

// The distance that is left with endless samples of both: a line through the distances of whole
// samples, of their halves and of their quarters over 1 / N, met at 0 (Chong and Forsyth 2020,
// "Effectively unbiased FID"). May be a little below 0. N, M >= 8; the rows must be in no order.
double ExtrapolatedFrechetDistance(const at::Tensor& first, const at::Tensor& second);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_STATISTICS_FRECHET_DISTANCE_H_
