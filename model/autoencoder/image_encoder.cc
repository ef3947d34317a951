#include "model/autoencoder/image_encoder.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/autoencoder/kl/autoencoder_kl_encoder.h"
#include "model/autoencoder/tiny/autoencoder_tiny_encoder.h"

namespace strobe::model {

absl::StatusOr<std::unique_ptr<ImageEncoder>> CreateImageEncoder(const std::string& class_name,
                                                                 const nlohmann::json& config,
                                                                 LatentStatistics statistics,
                                                                 StateDictLoader& loader) {
  if (class_name == "AutoencoderKL") return CreateAutoencoderKLEncoder(config, statistics, loader);
  if (class_name == "AutoencoderTiny") return CreateAutoencoderTinyEncoder(config, loader);
  return absl::InvalidArgumentError(
      absl::StrCat("vae: a '", class_name, "' is neither an AutoencoderKL nor an AutoencoderTiny"));
}

}  // namespace strobe::model
