#include "model/decoder/image_decoder.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/decoder/autoencoder_kl.h"
#include "model/decoder/autoencoder_tiny.h"

namespace strobe::model {

at::Tensor ImageDecoder::Decode(const at::Tensor& latents) const {
  return DecodeUnclamped(latents).clamp(0, 1);
}

absl::StatusOr<std::unique_ptr<ImageDecoder>> CreateImageDecoder(const std::string& class_name,
                                                                 const nlohmann::json& config,
                                                                 StateDictLoader& loader) {
  if (class_name == "AutoencoderKL") return CreateAutoencoderKL(config, loader);
  if (class_name == "AutoencoderTiny") return CreateAutoencoderTiny(config, loader);
  return absl::InvalidArgumentError(
      absl::StrCat("unsupported autoencoder class \"", class_name,
                   "\" (supported: \"AutoencoderKL\" or \"AutoencoderTiny\")"));
}

}  // namespace strobe::model
