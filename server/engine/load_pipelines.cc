#include "server/engine/load_pipelines.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::server {

using model::TextToImagePipeline;

absl::StatusOr<std::vector<std::unique_ptr<TextToImagePipeline>>> LoadPipelines(
    const std::vector<std::string>& directories, const TextToImagePipeline::Options& options) {
  std::vector<std::unique_ptr<TextToImagePipeline>> pipelines;
  absl::flat_hash_map<std::string, std::string> directory_of;
  for (const std::string& directory : directories) {
    auto pipeline = TextToImagePipeline::Load(directory, options);
    if (!pipeline.ok()) return pipeline.status();
    const std::string& name = (*pipeline)->description().name;
    const auto [known, is_new] = directory_of.try_emplace(name, directory);
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat("two models are named '", name,
                                                     "': ", known->second, " and ", directory,
                                                     "; set \"name\" in one's strobe.json"));
    }
    pipelines.push_back(*std::move(pipeline));
  }
  return pipelines;
}

}  // namespace strobe::server
