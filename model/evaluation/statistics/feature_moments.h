// Mean and covariance of features, also of resampled ones.

#ifndef STROBE_MODEL_EVALUATION_STATISTICS_FEATURE_MOMENTS_H_
#define STROBE_MODEL_EVALUATION_STATISTICS_FEATURE_MOMENTS_H_

#include <ATen/core/Tensor.h>

namespace strobe::model {

// Of rows [N, D]; float64.
struct FeatureMoments {
  at::Tensor mean;        // [D]
  at::Tensor covariance;  // [D, D], unbiased
};

// `features` [N, D], N >= 2.
FeatureMoments MomentsOf(const at::Tensor& features);

// With row i counted counts[i] times, [N].
FeatureMoments MomentsOf(const at::Tensor& features, const at::Tensor& counts);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_STATISTICS_FEATURE_MOMENTS_H_
