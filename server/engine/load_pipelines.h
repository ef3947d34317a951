// Loads the models of an engine.

#ifndef STROBE_SERVER_ENGINE_LOAD_PIPELINES_H_
#define STROBE_SERVER_ENGINE_LOAD_PIPELINES_H_

#include <memory>
#include <vector>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "absl/status/statusor.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "server/engine/torch_engine.h"

namespace strobe::server {

// Loads the model directories in order, to run and report as `options` say. INVALID_ARGUMENT for
// two models of one name; else the errors are those of TextToImagePipeline::Load.
absl::StatusOr<std::vector<std::unique_ptr<model::TextToImagePipeline>>> LoadPipelines(
    const TorchEngineOptions& options, c10::Device device, c10::ScalarType dtype);

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_LOAD_PIPELINES_H_
