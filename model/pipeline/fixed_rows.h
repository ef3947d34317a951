// Network calls of one batch size, whatever the number of samples.

#ifndef STROBE_MODEL_PIPELINE_FIXED_ROWS_H_
#define STROBE_MODEL_PIPELINE_FIXED_ROWS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace strobe::model {

using Tensors = std::vector<at::Tensor>;

// call(inputs), made with exactly `rows` rows at a time, so that every row is computed by the same
// kernels whoever shares the batch: the last call is filled up with copies of its last row, and
// what comes of them is dropped. `inputs` and the results of `call` have the rows as their first
// dimension; undefined ones stay undefined. At least one input is defined. `rows` 0: one call with
// whatever there is.
Tensors CallInFixedRows(int64_t rows, const Tensors& inputs,
                        const std::function<Tensors(const Tensors&)>& call);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FIXED_ROWS_H_
