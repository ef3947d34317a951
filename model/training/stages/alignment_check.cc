#include "model/training/stages/alignment_check.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include "base/status_macros.h"
#include "model/evaluation/detectors/alignment_score.h"
#include "model/evaluation/detectors/scene_detectors.h"
#include "model/evaluation/picture_tensors.h"
#include "model/sampling/seeded_noise.h"
#include "model/sampling/step_table_builder.h"
#include "model/scenes/captioner.h"
#include "model/scenes/scene_sampler.h"
#include "model/training/methods/latent_sampler.h"
#include "model/training/methods/prompt_conditioner.h"

namespace strobe::model {
namespace {

constexpr int kBatch = 50;

// The networks of a model, ready to sample.
struct Sampler {
  explicit Sampler(at::Device device) : unet_weights(device) {}

  absl::Status Build(const TrainedModel& model, const AlignmentCheckOptions& options);

  ParameterSet unet_weights;
  std::unique_ptr<UNet2DConditionModel> unet;
  std::unique_ptr<PromptConditioner> conditioner;
  std::unique_ptr<ImageDecoder> decoder;
  StepTable table;
};

template <typename T>
absl::Status Assign(absl::StatusOr<T> from, T& to) {
  if (from.ok()) to = *std::move(from);
  return from.status();
}

absl::Status Sampler::Build(const TrainedModel& model, const AlignmentCheckOptions& options) {
  unet_weights.Add(model.unet);
  absl::Status status = Assign(BuildUnet(model.unet_config, 0, unet_weights), unet);
  status.Update(
      Assign(PromptConditioner::Create(model, options.image_size, options.device), conditioner));
  status.Update(Assign(BuildDecoder(model, options.device), decoder));
  STROBE_ASSIGN_OR_RETURN(const StepTableBuilder builder,
                          StepTableBuilder::FromJson(model.scheduler_config));
  StepTableRequest request;
  request.num_inference_steps = options.num_steps;
  request.noise_correction = options.noise_correction;
  status.Update(Assign(builder.Build(request), table));
  return status;
}

// Pictures of `captions`, the first of which is number `first` of the whole check.
at::Tensor Draw(const Sampler& sampler, const std::vector<SceneCaption>& captions, int64_t first,
                const AlignmentCheckOptions& options) {
  const at::NoGradGuard no_grad;
  const int64_t cells = options.image_size / sampler.decoder->scale_factor();
  std::vector<std::string> texts;
  std::vector<at::Tensor> noise;
  for (size_t i = 0; i < captions.size(); ++i) {
    texts.push_back(captions[i].text);
    noise.push_back(UnitNormal(options.seed, static_cast<uint64_t>(first) + i,
                               {sampler.decoder->latent_channels(), cells, cells}));
  }
  const at::Tensor latents =
      SampleLatents(*sampler.unet, sampler.table, at::stack(noise).to(options.device),
                    sampler.conditioner->Condition(texts, options.guidance_scale),
                    options.seed + static_cast<uint64_t>(first));
  return sampler.decoder->Decode(latents).to(at::kCPU);
}

}  // namespace

absl::StatusOr<AlignmentCheck> CheckAlignment(const TrainedModel& model,
                                              const AlignmentCheckOptions& options) {
  Sampler sampler(options.device);
  STROBE_RETURN_IF_ERROR(sampler.Build(model, options));
  AlignmentCheck check;
  const int half = options.num_prompts / 2;
  for (const SceneSplit split : {SceneSplit::kTrain, SceneSplit::kHeldOut}) {
    SceneSamplerOptions scenes;
    scenes.domain = options.domain;
    scenes.split = split;
    scenes.seed = options.seed;
    const SceneSampler scene_sampler(scenes);
    const int offset = split == SceneSplit::kTrain ? 0 : half;
    for (int first = 0; first < half; first += kBatch) {
      std::vector<SceneCaption> captions;
      for (int i = first; i < std::min(first + kBatch, half); ++i) {
        captions.push_back(CaptionScene(scene_sampler.Sample(i), kSayAll, options.seed, 0));
      }
      const at::Tensor pictures = Draw(sampler, captions, offset + first, options);
      for (size_t i = 0; i < captions.size(); ++i) {
        STROBE_ASSIGN_OR_RETURN(
            const auto detected,
            DetectScene(PictureSheet(pictures.narrow(0, i, 1), 1, 0), options.domain));
        const AlignmentScore score = ScoreAlignment(detected, captions[i].truth);
        check.mean += score.Mean() / (2 * half);
        check.all_right += score.AllRight() ? 1.0 / (2 * half) : 0.0;
        if (split == SceneSplit::kHeldOut) {
          check.held_out_all_right += score.AllRight() ? 1.0 / half : 0.0;
        }
      }
    }
  }
  return check;
}

}  // namespace strobe::model
