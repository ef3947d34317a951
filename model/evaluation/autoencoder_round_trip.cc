#include "model/evaluation/autoencoder_round_trip.h"

#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "model/weights/checkpoint_directory.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {
namespace {

constexpr char kFolder[] = "vae";

}  // namespace

absl::StatusOr<AutoencoderRoundTrip> AutoencoderRoundTrip::Load(const std::string& directory,
                                                                at::Device device) {
  STROBE_ASSIGN_OR_RETURN(const CheckpointDirectory files, CheckpointDirectory::Open(directory));
  STROBE_ASSIGN_OR_RETURN(const nlohmann::json config, files.ReadJson(kFolder, "config.json"));
  STROBE_ASSIGN_OR_RETURN(StateDict weights, files.ReadWeights(kFolder));
  StateDictLoader::Options options;
  options.device = device;
  StateDictLoader loader(kFolder, std::move(weights), options);
  STROBE_ASSIGN_OR_RETURN(
      std::unique_ptr<ImageAutoencoder> autoencoder,
      ImageAutoencoder::Create(files.ComponentClass(kFolder), config, LatentStatistics::kIgnored,
                               ImageAutoencoder::Halves::kBoth, loader));
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return AutoencoderRoundTrip(std::move(autoencoder), device);
}

at::Tensor AutoencoderRoundTrip::Through(const at::Tensor& pictures) const {
  const at::NoGradGuard no_grad;
  const at::Tensor latents = autoencoder_->Encode(pictures.to(device_));
  return autoencoder_->Decode(latents).clamp(0, 1).to(at::kCPU);
}

}  // namespace strobe::model
