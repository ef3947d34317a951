// Calls of a network as CUDA graphs: one launch in place of one for each kernel.

#ifndef STROBE_MODEL_CUDA_CAPTURED_CALL_H_
#define STROBE_MODEL_CUDA_CAPTURED_CALL_H_

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Allocator.h>
#include <c10/core/Device.h>
#include <c10/cuda/CUDAStream.h>

namespace strobe::model {

// Makes graphs for the networks of one device. They share the memory of what lives inside a call,
// so none may run beside another: the caller serializes captures and the calls that come of them.
// Another thread may use the same device meanwhile. Immutable.
class GraphCapturer {
 public:
  using Tensors = std::vector<at::Tensor>;
  using Call = std::function<Tensors(const Tensors&)>;

  explicit GraphCapturer(const at::Device& device);

  // Runs `call` on copies of `inputs` a few times, for what libraries set up at their first calls,
  // and once more while its kernels are recorded. What comes back does the same to other inputs of
  // the same shapes and dtypes, on the stream that is current then, and gives copies of the
  // results: it keeps the memory of one call, and whatever else `call` has used must live as long.
  // Undefined tensors stay undefined. `call` must depend on its inputs alone, and neither wait for
  // the device nor copy from host memory: then, and when memory runs out, this throws, and eager
  // calls go on working. Waits for the device.
  Call Capture(const Tensors& inputs, const Call& call) const;

 private:
  c10::cuda::CUDAStream stream_;  // graphs cannot be recorded on the default one
  c10::MempoolId_t pool_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_CUDA_CAPTURED_CALL_H_
