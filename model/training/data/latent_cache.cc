#include "model/training/data/latent_cache.h"

#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/training/networks/mixed_precision.h"

namespace strobe::model {
namespace {

constexpr int64_t kBatch = 64;

}  // namespace

absl::StatusOr<at::Tensor> EncodeAll(const ImageEncoder& encoder, const TrainingData& data,
                                     at::Device device, const std::atomic<bool>* interrupted) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> latents;
  for (int64_t first = 0; first < data.size(); first += kBatch) {
    if (interrupted != nullptr && interrupted->load()) {
      return absl::CancelledError("interrupted while encoding the pictures; run again to go on");
    }
    STROBE_ASSIGN_OR_RETURN(const at::Tensor pictures, data.PictureRange(first, kBatch));
    latents.push_back(encoder.Encode(pictures.to(device)).to(at::kHalf));
  }
  return at::cat(latents);
}

LatentCache::LatentCache(const TrainingData* data, std::unique_ptr<ImageEncoder> encoder,
                         at::Device device)
    : data_(data),
      encoder_(std::move(encoder)),
      device_(device),
      latents_(static_cast<size_t>(data->size())) {}

absl::StatusOr<at::Tensor> LatentCache::Latents(const std::vector<int64_t>& indices) {
  const at::NoGradGuard no_grad;
  const Autocast off(Precision::kFloat32, device_.type());
  std::vector<at::Tensor> rows;
  for (const int64_t index : indices) {
    at::Tensor& latent = latents_[static_cast<size_t>(index)];
    if (!latent.defined()) {
      STROBE_ASSIGN_OR_RETURN(const at::Tensor picture, data_->Pictures({index}));
      const at::Tensor encoded =
          encoder_->Encode(picture.to(device_)).squeeze(0).to(at::kCPU, at::kHalf);
      if (!at::isfinite(encoded).all().item<bool>()) {
        return absl::InvalidArgumentError(
            absl::StrCat("picture ", index, ": its latent is not finite"));
      }
      latent = encoded;
    }
    rows.push_back(latent);
  }
  return at::stack(rows).to(device_, at::kFloat);
}

}  // namespace strobe::model
