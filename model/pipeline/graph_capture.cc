#include "model/pipeline/graph_capture.h"

#ifdef STROBE_CUDA
#include "model/cuda/captured_call.h"
#endif

namespace strobe::model {

NetworkCalls::Capture GraphCaptureFor([[maybe_unused]] const PipelineOptions& options) {
#ifdef STROBE_CUDA
  if (options.device.is_cuda() && options.max_graph_samples > 0) {
    return [capturer = GraphCapturer(options.device)](const Tensors& inputs,
                                                      const NetworkCalls::Call& call) {
      return capturer.Capture(inputs, call);
    };
  }
#endif
  return {};
}

}  // namespace strobe::model
