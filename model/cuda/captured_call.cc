#include "model/cuda/captured_call.h"

#include <exception>
#include <memory>
#include <utility>

#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/util/Exception.h>

#include "absl/base/attributes.h"
#include "absl/synchronization/mutex.h"

namespace strobe::model {
namespace {

using Tensors = GraphCapturer::Tensors;
using Call = GraphCapturer::Call;

constexpr int kCallsBefore = 3;

// Recordings of all devices take turns: while one is made, the allocator's cache cannot be emptied.
ABSL_CONST_INIT absl::Mutex recording_mu(absl::kConstInit);

Tensors CopiesOf(const Tensors& tensors) {
  Tensors copies;
  for (const at::Tensor& tensor : tensors) {
    copies.push_back(tensor.defined() ? tensor.clone() : tensor);
  }
  return copies;
}

void CopyInto(const Tensors& destinations, const Tensors& sources) {
  TORCH_CHECK(sources.size() == destinations.size(), "a graph is called with other inputs");
  for (size_t i = 0; i < sources.size(); ++i) {
    const at::Tensor& destination = destinations[i];
    TORCH_CHECK(sources[i].defined() == destination.defined(),
                "a graph is called with other inputs");
    if (!destination.defined()) continue;
    TORCH_CHECK(sources[i].sizes() == destination.sizes() &&
                    sources[i].scalar_type() == destination.scalar_type(),
                "a graph is called with inputs of other shapes");
    destination.copy_(sources[i], /*non_blocking=*/true);
  }
}

// A graph with the tensors that it reads and writes.
struct Recording {
  at::cuda::CUDAGraph graph;
  Tensors inputs;
  Tensors outputs;
};

// Ends a recording that an error has cut short, so that the allocators leave its memory pool. The
// graph itself stays for ever: an allocator that could not leave goes on asking it.
void Abandon(std::unique_ptr<Recording> recording, const at::Device& device,
             const c10::MempoolId_t& pool) {
  const auto attempt = [](const auto& work) {
    try {
      work();
      return true;
    } catch (const std::exception&) {
      return false;
    }
  };
  if (!attempt([&] { recording->graph.capture_end(); })) {
    attempt([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(device.index(), pool); });
    attempt([&] { at::getHostAllocator(at::kCUDA)->end_allocate_to_pool(pool); });
  }
  static_cast<void>(recording.release());
}

}  // namespace

GraphCapturer::GraphCapturer(const at::Device& device)
    : stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index())),
      pool_(at::cuda::graph_pool_handle()) {}

Call GraphCapturer::Capture(const Tensors& inputs, const Call& call) const {
  auto recording = std::make_unique<Recording>();
  recording->inputs = CopiesOf(inputs);
  c10::cuda::getCurrentCUDAStream(stream_.device_index()).synchronize();
  const c10::cuda::CUDAStreamGuard guard(stream_);
  for (int i = 0; i < kCallsBefore; ++i) call(recording->inputs);
  stream_.synchronize();
  absl::MutexLock lock(&recording_mu);
  // What the calls before have left is of no use to other streams.
  c10::cuda::CUDACachingAllocator::emptyCache();
  try {
    // Other threads may go on with what would spoil a recording of their own.
    recording->graph.capture_begin(pool_, cudaStreamCaptureModeThreadLocal);
    recording->outputs = call(recording->inputs);
    recording->graph.capture_end();
  } catch (...) {
    Abandon(std::move(recording), stream_.device(), pool_);
    throw;
  }
  return [recorded = std::shared_ptr<Recording>(std::move(recording))](const Tensors& inputs) {
    CopyInto(recorded->inputs, inputs);
    recorded->graph.replay();
    return CopiesOf(recorded->outputs);
  };
}

}  // namespace strobe::model
