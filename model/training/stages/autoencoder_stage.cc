#include "model/training/stages/autoencoder_stage.h"

#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "model/autoencoder/tiny/autoencoder_tiny.h"
#include "model/evaluation/picture_tensors.h"
#include "model/training/methods/reconstruction_loss.h"
#include "model/training/networks/mixed_precision.h"
#include "model/training/networks/parameter_init.h"
#include "model/training/stages/network_configs.h"

namespace strobe::model {
namespace {

constexpr int64_t kPcaPixels = int64_t{3000} * 64 * 64;
constexpr double kLatentNoise = 0.05;
constexpr double kSpreadWeight = 0.02;
constexpr int64_t kHeldOutPictures = 500;

StateDict WithPrefix(const StateDict& tensors, const std::string& prefix) {
  StateDict chosen;
  for (const auto& [name, tensor] : tensors) {
    if (absl::StartsWith(name, prefix)) chosen[name] = tensor;
  }
  return chosen;
}

absl::Status BuildEncoder(ParameterSet& weights, const AutoencoderTinyEncoder::Options& options,
                          std::optional<AutoencoderTinyEncoder>& encoder) {
  StateDictLoader loader = weights.Loader("vae encoder", nullptr);
  encoder.emplace(loader, options);
  return loader.Finish();
}

absl::Status BuildDecoder(ParameterSet& weights, const nlohmann::json& config, uint64_t seed,
                          std::unique_ptr<ImageDecoder>& decoder) {
  StateDictLoader loader = weights.Loader("vae decoder", TinyDecoderInitializer(seed));
  STROBE_ASSIGN_OR_RETURN(decoder, CreateAutoencoderTiny(config, loader));
  return loader.Finish();
}

}  // namespace

AutoencoderTinyEncoder::Options EncoderOptions(const NetworkRecipe& network) {
  return {network.autoencoder_width, network.latent_channels,
          static_cast<int>(network.decoder_blocks.size()) - 1};
}

AutoencoderStage::AutoencoderStage(const TrainingRecipe& recipe, const TrainingData* data,
                                   bool decoder_only, at::Device device)
    : name_(decoder_only ? "decoder" : "autoencoder"),
      decoder_only_(decoder_only),
      recipe_(recipe),
      descent_(decoder_only ? recipe.decoder : recipe.autoencoder),
      data_(data),
      encoder_weights_(device),
      decoder_weights_(device) {}

absl::StatusOr<std::unique_ptr<AutoencoderStage>> AutoencoderStage::Create(
    const TrainingRecipe& recipe, const TrainingData* data, at::Device device) {
  const int64_t side = data->image_size();
  STROBE_ASSIGN_OR_RETURN(const at::Tensor pictures,
                          data->PictureRange(0, kPcaPixels / (side * side)));
  std::unique_ptr<AutoencoderStage> stage(new AutoencoderStage(recipe, data, false, device));
  STROBE_RETURN_IF_ERROR(stage->Build(FitTinyEncoder(pictures, EncoderOptions(recipe.network))));
  return stage;
}

absl::StatusOr<std::unique_ptr<AutoencoderStage>> AutoencoderStage::CreateForDecoder(
    const TrainingRecipe& recipe, const TrainingData* data, const StateDict& vae,
    at::Device device) {
  std::unique_ptr<AutoencoderStage> stage(new AutoencoderStage(recipe, data, true, device));
  STROBE_RETURN_IF_ERROR(stage->Build(vae));
  return stage;
}

absl::Status AutoencoderStage::Build(const StateDict& vae) {
  const nlohmann::json config = AutoencoderConfigJson(recipe_.network);
  const AutoencoderTinyEncoder::Options options = EncoderOptions(recipe_.network);
  encoder_weights_.Add(WithPrefix(vae, "encoder."));
  decoder_weights_.Add(WithPrefix(vae, "decoder."));
  STROBE_RETURN_IF_ERROR(BuildEncoder(encoder_weights_, options, encoder_));
  STROBE_RETURN_IF_ERROR(BuildDecoder(decoder_weights_, config, recipe_.seed, decoder_));
  encoder_weights_.SetTrainable(!decoder_only_);

  std::vector<LearningGroup> groups = {{"decoder", &decoder_weights_, 1.0}};
  if (!decoder_only_) groups.push_back({"encoder", &encoder_weights_, recipe_.encoder_rate_scale});
  learner_ = std::make_unique<Learner>(std::move(groups), descent_.ToLearnerOptions());
  STROBE_RETURN_IF_ERROR(
      BuildDecoder(learner_->averaged(0), config, recipe_.seed, averaged_decoder_));
  STROBE_RETURN_IF_ERROR(BuildEncoder(decoder_only_ ? encoder_weights_ : learner_->averaged(1),
                                      options, averaged_encoder_));
  STROBE_ASSIGN_OR_RETURN(held_out_, TrainingData::CreateHeldOut(recipe_, kHeldOutPictures));
  return absl::OkStatus();
}

absl::StatusOr<StepReport> AutoencoderStage::RunStep(int64_t step) {
  const int parts = descent_.micro_batches;
  for (int part = 0; part < parts; ++part) {
    StepRandom random(recipe_.seed, name_, step * parts + part, device());
    STROBE_ASSIGN_OR_RETURN(const at::Tensor loss, LossOfPart(random));
    STROBE_RETURN_IF_ERROR(learner_->Accumulate(loss, step, parts));
  }
  STROBE_ASSIGN_OR_RETURN(const LearnerReport report, learner_->Update(step));
  return StepReport{report.loss, report.gradient_norm, report.learning_rate, {}};
}

absl::StatusOr<at::Tensor> AutoencoderStage::LossOfPart(StepRandom& random) const {
  const int64_t count = descent_.batch_size / descent_.micro_batches;
  STROBE_ASSIGN_OR_RETURN(const at::Tensor drawn,
                          data_->Pictures(random.Indices(count, data_->size())));
  const at::Tensor pictures = drawn.to(device());
  at::Tensor latents;
  at::Tensor decoded;
  {
    // Channels last: the layout that narrow convolutions are fastest in.
    const Autocast autocast(*ParsePrecision(recipe_.precision), device().type());
    latents = encoder_->Encode(pictures.contiguous(at::MemoryFormat::ChannelsLast)).to(at::kFloat);
    decoded = decoder_->DecodeUnclamped(latents + kLatentNoise * random.Noise(latents.sizes()));
  }
  const at::Tensor loss = ReconstructionLoss(decoded, pictures);
  return decoder_only_ ? loss : loss + kSpreadWeight * LatentSpreadLoss(latents);
}

absl::StatusOr<std::optional<RgbImage>> AutoencoderStage::SampleSheet() {
  const at::NoGradGuard no_grad;
  STROBE_ASSIGN_OR_RETURN(const at::Tensor pictures, held_out_->PictureRange(0, kSheetPictures));
  const at::Tensor decoded =
      averaged_decoder_->Decode(averaged_encoder_->Encode(pictures.to(device())));
  return PictureSheet(at::cat({pictures, decoded.to(at::kCPU)}),
                      static_cast<int>(pictures.size(0)));
}

StateDict AutoencoderStage::Weights() const {
  StateDict weights = learner_->averaged(0).Snapshot();
  weights.merge(decoder_only_ ? encoder_weights_.Snapshot() : learner_->averaged(1).Snapshot());
  return weights;
}

absl::StatusOr<double> AutoencoderStage::HeldOutPsnr(int64_t count) const {
  const at::NoGradGuard no_grad;
  STROBE_ASSIGN_OR_RETURN(const at::Tensor pictures, held_out_->PictureRange(0, count));
  const at::Tensor decoded =
      averaged_decoder_->Decode(averaged_encoder_->Encode(pictures.to(device())));
  return PeakSignalToNoise(decoded.to(at::kCPU), pictures);
}

}  // namespace strobe::model
