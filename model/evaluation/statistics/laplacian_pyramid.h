// The details of a picture by their size.

#ifndef STROBE_MODEL_EVALUATION_STATISTICS_LAPLACIAN_PYRAMID_H_
#define STROBE_MODEL_EVALUATION_STATISTICS_LAPLACIAN_PYRAMID_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace strobe::model {

// Burt and Adelson 1983 with the filter (1, 4, 6, 4, 1) / 16: each of `levels` but the last is what
// halving and doubling the size loses, the last is the small picture that is left. Pictures
// [B, C, H, W] whose sides can be halved levels - 1 times and are at least 4 then; level l is
// [B, C, H / 2^l, W / 2^l].
std::vector<at::Tensor> LaplacianPyramid(const at::Tensor& pictures, int levels);

// `count` patches of `side` x `side` pixels of each picture, [B * count, C * side * side]. The
// places of picture i are a function of first_index + i: two models' pictures of one prompt are
// looked at in the same places.
at::Tensor PatchesOf(const at::Tensor& pictures, int side, int count, uint64_t first_index);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_STATISTICS_LAPLACIAN_PYRAMID_H_
