#include "model/training/latent_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include "absl/status/status.h"
#include "absl/strings/match.h"

namespace strobe::model {
namespace {

constexpr int64_t kBatch = 64;

}  // namespace

absl::StatusOr<std::unique_ptr<TinyEncoder>> BuildEncoder(const TrainedModel& model) {
  const absl::Status unsupported = absl::FailedPreconditionError(
      "the model's autoencoder has no encoder of convolutions alone (AutoencoderTiny with "
      "num_encoder_blocks 0)");
  if (model.vae_class != "AutoencoderTiny") return unsupported;
  const std::vector<int> blocks =
      model.vae_config.value("num_encoder_blocks", std::vector<int>{1, 3, 3, 3});
  const std::vector<int> widths =
      model.vae_config.value("encoder_block_out_channels", std::vector<int>{64, 64, 64, 64});
  if (std::count(blocks.begin(), blocks.end(), 0) != static_cast<int64_t>(blocks.size())) {
    return unsupported;
  }
  TinyEncoder::Options options;
  options.width = widths.front();
  options.latent_channels = model.vae_config.value("latent_channels", 4);
  options.num_halvings = static_cast<int>(blocks.size()) - 1;
  StateDictLoader loader("vae encoder", model.vae, {});
  loader.Ignore("decoder.");
  auto encoder = std::make_unique<TinyEncoder>(loader, options);
  const absl::Status status = loader.Finish();
  if (!status.ok()) return status;
  return encoder;
}

absl::StatusOr<at::Tensor> EncodeAll(const TinyEncoder& encoder, const TrainingData& data,
                                     const std::atomic<bool>* interrupted) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> latents;
  for (int64_t first = 0; first < data.size(); first += kBatch) {
    if (interrupted != nullptr && interrupted->load()) {
      return absl::CancelledError("interrupted while encoding the pictures; run again to go on");
    }
    const absl::StatusOr<at::Tensor> pictures = data.PictureRange(first, kBatch);
    if (!pictures.ok()) return pictures.status();
    latents.push_back(encoder.Encode(*pictures).to(at::kHalf));
  }
  return at::cat(latents);
}

}  // namespace strobe::model
