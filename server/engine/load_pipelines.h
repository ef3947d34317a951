// Loads the models of an engine.

#ifndef STROBE_SERVER_ENGINE_LOAD_PIPELINES_H_
#define STROBE_SERVER_ENGINE_LOAD_PIPELINES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/pipeline/text_to_image_pipeline.h"

namespace strobe::server {

// Loads `directories` in order. INVALID_ARGUMENT for two models of one name; else the errors are
// those of TextToImagePipeline::Load.
absl::StatusOr<std::vector<std::unique_ptr<model::TextToImagePipeline>>> LoadPipelines(
    const std::vector<std::string>& directories,
    const model::TextToImagePipeline::Options& options);

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_LOAD_PIPELINES_H_
