// What strobe must know about a pipeline class of diffusers to run its models.

#ifndef STROBE_MODEL_PIPELINE_FAMILIES_MODEL_FAMILY_H_
#define STROBE_MODEL_PIPELINE_FAMILIES_MODEL_FAMILY_H_

#include <memory>
#include <vector>

#include <c10/core/Device.h>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/autoencoder/image_decoder.h"
#include "model/denoiser/denoiser.h"
#include "model/pipeline/component_loader.h"
#include "model/pipeline/families/component_spec.h"
#include "model/pipeline/load_problems.h"
#include "model/pipeline/pipeline_sample.h"
#include "model/pipeline/prompt_encoder.h"
#include "model/sampling/schedulers/scheduler.h"
#include "model/sampling/step_table_request.h"
#include "model/spec/latent_geometry.h"
#include "model/text/text_encoder.h"

namespace strobe::model {

// The loaded parts that must fit together.
struct FamilyParts {
  const PromptEncoder& prompt_encoder;
  DenoiserFacts denoiser;
  const ImageDecoder& decoder;
  const ImageDecoder* preview_decoder = nullptr;  // null: there is none
};

// One row of a denoiser call.
struct ConditionRow {
  const PromptEmbeds* text = nullptr;
  int width = 0;  // pixels
  int height = 0;
  double guidance_scale = 1.0;
};

// A class for each `_class_name` of model_index.json, in a file of its own, listed in
// family_list.cc. Stateless; what a model's files say comes in as facts. Thread-safe.
class ModelFamily {
 public:
  virtual ~ModelFamily() = default;

  // `_class_name` of model_index.json.
  virtual absl::string_view pipeline_class() const = 0;

  // What a directory has, in the order of the pipeline's data: each tokenizer before its text
  // encoder, the denoiser, the autoencoder, the scheduler.
  virtual const std::vector<ComponentSpec>& components() const = 0;
  // The only one of `role`: kDenoiser, kAutoencoder or kScheduler.
  const ComponentSpec& component(ComponentRole role) const;

  // What of model_index.json beside the components a directory that strobe writes must have.
  virtual nlohmann::json IndexExtras() const { return nlohmann::json::object(); }

  // --- Loading

  // INVALID_ARGUMENT when its denoisers cannot be sampled with `scheduler`.
  virtual absl::Status CheckScheduler(const Scheduler& scheduler) const = 0;
  // Replaces what the pipeline class of diffusers replaces in scheduler_config.json.
  virtual void OverrideScheduler(nlohmann::json& /*config*/) const {}

  // In the order of components(); what cannot be loaded is left out and goes to `problems`.
  virtual std::vector<std::unique_ptr<TextEncoder>> LoadTextEncoders(
      ComponentLoader& loader, LoadProblems& problems) const = 0;
  virtual absl::StatusOr<std::unique_ptr<Denoiser>> LoadDenoiser(ComponentLoader& loader) const = 0;
  virtual LatentStatistics latent_statistics() const { return LatentStatistics::kIgnored; }

  // INVALID_ARGUMENT names everything that does not fit together.
  virtual absl::Status CheckFit(const FamilyParts& parts) const = 0;

  virtual LatentGeometry Geometry(const DenoiserFacts& denoiser,
                                  const ImageDecoder& decoder) const = 0;

  // --- Running

  // One text's states from those of all text encoders.
  virtual TextStates JoinTexts(std::vector<TextStates> states) const = 0;

  // Whether model_index.json may ask for zeros in place of an absent negative prompt's embedding
  // (force_zeros_for_empty_prompt).
  virtual bool may_zero_empty_prompt() const { return false; }

  // PipelineSample::guidance_weight for a guidance scale.
  virtual double GuidanceWeight(double guidance_scale, const DenoiserFacts& denoiser) const = 0;
  // Of a denoiser that takes the scale as an input.
  virtual double default_guidance_scale() const = 0;

  // What a call with `rows`, at least one, tells the denoiser, on `device`. Texts of different
  // numbers of rows are the family's to pad and mask.
  virtual DenoiserConditions Condition(absl::Span<const ConditionRow> rows,
                                       const DenoiserFacts& denoiser,
                                       const at::Device& device) const = 0;

  // `request` with what the scheduler cannot know: the levels and the shift of a picture's size, in
  // pixels.
  virtual StepTableRequest Steps(StepTableRequest request, const LatentGeometry& /*geometry*/,
                                 int /*width*/, int /*height*/) const {
    return request;
  }
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FAMILIES_MODEL_FAMILY_H_
