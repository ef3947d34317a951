// The distance between two sets of patches (Karras et al. 2018, "Progressive growing of GANs",
// section 5): a feature space that sees detail and needs no network.

#ifndef STROBE_MODEL_EVALUATION_STATISTICS_SLICED_WASSERSTEIN_H_
#define STROBE_MODEL_EVALUATION_STATISTICS_SLICED_WASSERSTEIN_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace strobe::model {

// Collects the patches of pictures, projected on random directions: 7x7 pixels on three levels of
// the Laplacian pyramid, 8 a picture and level, 128 directions. Not thread-safe.
class PatchProjections {
 public:
  // The next pictures, float32 [B, 3, S, S] in 0..1, S >= 28 and a multiple of 4.
  void Add(const at::Tensor& pictures);

  int64_t num_pictures() const { return num_pictures_; }

  // [pictures * 8, 3 * 128]: a column a direction of a level, the patches of a picture in a row.
  at::Tensor Values() const;

 private:
  std::vector<at::Tensor> values_;
  int64_t num_pictures_ = 0;
};

// The distance to one set of patches. In each column the two distributions are compared at 64
// quantiles; the mean of the absolute differences, in thousandths of the column's deviation in the
// set, is averaged over the columns. Brightness and contrast of the patches count, unlike in the
// paper. Immutable.
class SlicedWasserstein {
 public:
  explicit SlicedWasserstein(const PatchProjections& references);

  double DistanceTo(const PatchProjections& patches) const;

  // On resamples: picture i counts counts[r][i] times in resample r, [R, pictures], whole numbers
  // up to 255.
  std::vector<double> ResampledDistances(const PatchProjections& patches,
                                         const at::Tensor& counts) const;

 private:
  at::Tensor quantiles_;  // [columns, 64]
  at::Tensor scales_;     // [columns]
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_STATISTICS_SLICED_WASSERSTEIN_H_
