// Whether and how a pipeline's calls become CUDA graphs.

#ifndef STROBE_MODEL_PIPELINE_GRAPH_CAPTURE_H_
#define STROBE_MODEL_PIPELINE_GRAPH_CAPTURE_H_

#include "model/pipeline/network_calls.h"
#include "model/pipeline/pipeline_options.h"

namespace strobe::model {

// Empty where the options want no graphs, or their device has none.
NetworkCalls::Capture GraphCaptureFor(const PipelineOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_GRAPH_CAPTURE_H_
