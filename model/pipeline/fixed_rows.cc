#include "model/pipeline/fixed_rows.h"

#include <algorithm>

#include <ATen/ops/cat.h>

namespace strobe::model {
namespace {

int64_t CountRows(const Tensors& inputs) {
  const auto defined = std::find_if(inputs.begin(), inputs.end(),
                                    [](const at::Tensor& input) { return input.defined(); });
  return defined->size(0);
}

// Rows `first` to `first + count`, and the last of them again until there are `rows`.
at::Tensor Take(const at::Tensor& input, int64_t first, int64_t count, int64_t rows) {
  if (!input.defined()) return input;
  const at::Tensor taken = input.narrow(0, first, count);
  if (count == rows) return taken;
  std::vector<int64_t> shape = input.sizes().vec();
  shape[0] = rows - count;
  return at::cat({taken, input.narrow(0, first + count - 1, 1).expand(shape)});
}

}  // namespace

Tensors CallInFixedRows(int64_t rows, const Tensors& inputs,
                        const std::function<Tensors(const Tensors&)>& call) {
  const int64_t total = CountRows(inputs);
  if (rows == 0 || rows == total) return call(inputs);
  std::vector<Tensors> parts;  // of each result
  for (int64_t first = 0; first < total; first += rows) {
    const int64_t count = std::min(rows, total - first);
    Tensors slice;
    for (const at::Tensor& input : inputs) slice.push_back(Take(input, first, count, rows));
    const Tensors results = call(slice);
    parts.resize(results.size());
    for (size_t i = 0; i < results.size(); ++i) {
      if (results[i].defined()) parts[i].push_back(results[i].narrow(0, 0, count));
    }
  }
  Tensors joined;
  for (const Tensors& part : parts) joined.push_back(part.empty() ? at::Tensor() : at::cat(part));
  return joined;
}

}  // namespace strobe::model
