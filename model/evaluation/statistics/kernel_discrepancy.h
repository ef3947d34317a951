// The maximum mean discrepancy between two sets of features (Gretton et al. 2012).

#ifndef STROBE_MODEL_EVALUATION_STATISTICS_KERNEL_DISCREPANCY_H_
#define STROBE_MODEL_EVALUATION_STATISTICS_KERNEL_DISCREPANCY_H_

#include <ATen/core/Tensor.h>

namespace strobe::model {

// MMD^2 to one set with the kernel exp(-|a - b|^2 / (2 w^2)), as CMMD (Jayasumana et al. 2023)
// takes it. Features are first divided by their deviations in the set; w is the median distance of
// its first thousand rows. Unbiased: 0 on average where the distributions are the same, whatever
// the sizes, so it may be negative. Immutable.
class KernelDiscrepancy {
 public:
  // `references` [M, D], M >= 2.
  explicit KernelDiscrepancy(const at::Tensor& references);

  // Of `features` [N, D], N >= 2.
  double DistanceTo(const at::Tensor& features) const;

  // Of resamples of `features`: row i counts counts[r][i] times in resample r, [R, N]. A row is
  // never compared with its own copies. Returns float64 [R].
  at::Tensor ResampledDistances(const at::Tensor& features, const at::Tensor& counts) const;

 private:
  at::Tensor Standardised(const at::Tensor& features) const;
  // exp(-|a - b|^2 / (2 w^2)) of all rows of both, [A, B].
  at::Tensor Kernel(const at::Tensor& a, const at::Tensor& b) const;
  // For each row of `features` its mean kernel with the references, [N].
  at::Tensor MeanToReferences(const at::Tensor& features) const;

  at::Tensor scales_;      // [D]
  at::Tensor references_;  // standardised
  double width_ = 1.0;
  double within_ = 0.0;  // mean kernel of two different references
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_STATISTICS_KERNEL_DISCREPANCY_H_
