#include "model/autoencoder/image_autoencoder.h"

#include <cassert>

#include <nlohmann/json.hpp>

#include "base/status_macros.h"

namespace strobe::model {

absl::StatusOr<std::unique_ptr<ImageAutoencoder>> ImageAutoencoder::Create(
    const std::string& class_name, const nlohmann::json& config, LatentStatistics statistics,
    Halves halves, StateDictLoader& loader) {
  std::unique_ptr<ImageAutoencoder> autoencoder(new ImageAutoencoder);
  STROBE_ASSIGN_OR_RETURN(autoencoder->decoder_,
                          CreateImageDecoder(class_name, config, statistics, loader));
  if (halves == Halves::kBoth) {
    STROBE_ASSIGN_OR_RETURN(autoencoder->encoder_,
                            CreateImageEncoder(class_name, config, statistics, loader));
  }
  return autoencoder;
}

at::Tensor ImageAutoencoder::Encode(const at::Tensor& pictures) const {
  assert(encoder_ != nullptr);
  return encoder_->Encode(pictures);
}

}  // namespace strobe::model
