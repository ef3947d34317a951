#include "model/autoencoder/image_decoder.h"

#include <ATen/TensorOperators.h>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/autoencoder/kl/autoencoder_kl.h"
#include "model/autoencoder/tiny/autoencoder_tiny.h"

namespace strobe::model {

at::ScalarType DecoderDtype(const std::string& class_name, const nlohmann::json& config,
                            at::ScalarType wanted) {
  if (class_name != "AutoencoderKL") return wanted;
  const auto force_upcast = config.find("force_upcast");
  const bool is_off = force_upcast != config.end() && *force_upcast == false;
  return is_off ? wanted : at::kFloat;
}

at::Tensor ImageDecoder::Decode(const at::Tensor& latents) const {
  return ClampImage(DecodeUnclamped(latents));
}

at::Tensor ImageDecoder::DecodeInFloat32(const at::Tensor& latents) const {
  return ClampImage(Run(latents, at::kFloat));
}

absl::StatusOr<std::unique_ptr<ImageDecoder>> CreateImageDecoder(const std::string& class_name,
                                                                 const nlohmann::json& config,
                                                                 LatentStatistics statistics,
                                                                 StateDictLoader& loader) {
  if (class_name == "AutoencoderKL") return CreateAutoencoderKL(config, statistics, loader);
  if (class_name == "AutoencoderTiny") return CreateAutoencoderTiny(config, loader);
  return absl::InvalidArgumentError(
      absl::StrCat("unsupported autoencoder class \"", class_name,
                   "\" (supported: \"AutoencoderKL\" or \"AutoencoderTiny\")"));
}

at::Tensor ClampImage(const at::Tensor& image) { return image.clamp(0, 1) + (image - image); }

}  // namespace strobe::model
