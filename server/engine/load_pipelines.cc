#include "server/engine/load_pipelines.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::server {

using model::TextToImagePipeline;

namespace {

TextToImagePipeline::Options PipelineOptions(const TorchEngineOptions& engine, c10::Device device,
                                             c10::ScalarType dtype) {
  TextToImagePipeline::Options options;
  options.device = device;
  options.dtype = dtype;
  options.rows_of_call = engine.engine.exact ? engine.max_batch_size : 0;
  options.max_graph_samples = engine.max_batch_size;
  if (engine.on_network_rows) {
    options.on_network_rows = [report = engine.on_network_rows](Stage stage, int64_t used,
                                                                int64_t padding) {
      report(stage, static_cast<int>(used), static_cast<int>(padding));
    };
  }
  options.on_graph_refused = engine.on_graph_refused;
  return options;
}

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<TextToImagePipeline>>> LoadPipelines(
    const TorchEngineOptions& options, c10::Device device, c10::ScalarType dtype) {
  const TextToImagePipeline::Options loading = PipelineOptions(options, device, dtype);
  std::vector<std::unique_ptr<TextToImagePipeline>> pipelines;
  absl::flat_hash_map<std::string, std::string> directory_of;
  for (const auto& [key, directory] : options.models) {
    STROBE_ASSIGN_OR_RETURN(auto pipeline, TextToImagePipeline::Load(directory, loading));
    const std::string& name = pipeline->description().name;
    const auto [known, is_new] = directory_of.try_emplace(name, directory);
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat("two models are named '", name,
                                                     "': ", known->second, " and ", directory,
                                                     "; set \"name\" in one's strobe.json"));
    }
    pipelines.push_back(std::move(pipeline));
  }
  return pipelines;
}

}  // namespace strobe::server
