#include "model/training/networks/picture_encoder.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/training/networks/kl_encoder.h"
#include "model/training/networks/tiny_encoder.h"

namespace strobe::model {

absl::StatusOr<std::unique_ptr<PictureEncoder>> BuildPictureEncoder(const TrainedModel& model,
                                                                    at::Device device) {
  StateDictLoader::Options options;
  options.device = device;
  StateDictLoader loader("vae encoder", model.vae, options);
  absl::StatusOr<std::unique_ptr<PictureEncoder>> encoder =
      absl::InvalidArgumentError(absl::StrCat("vae: a '", model.vae_class,
                                              "' is neither an AutoencoderKL nor an "
                                              "AutoencoderTiny"));
  if (model.vae_class == "AutoencoderKL") {
    encoder = CreateKlEncoder(model.vae_config, model.decoder_family(), loader);
  } else if (model.vae_class == "AutoencoderTiny") {
    encoder = CreateTinyEncoder(model.vae_config, loader);
  }
  if (!encoder.ok()) return encoder.status();
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return encoder;
}

}  // namespace strobe::model
