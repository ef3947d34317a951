// What a model directory means for a caller: its description, and the step table of a run.

#ifndef STROBE_MODEL_PIPELINE_MODEL_SETTINGS_H_
#define STROBE_MODEL_PIPELINE_MODEL_SETTINGS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/sampling/step_table_builder.h"
#include "model/spec/model_description.h"
#include "model/spec/model_manifest.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// Facts of the loaded components that a description is made of.
struct ModelFacts {
  std::string directory;       // path; its last part is the name of a model without one
  std::string pipeline_class;  // model_index.json `_class_name`
  int sample_width = 0;        // latent cells at the trained size; 0: unknown, taken as 64
  int sample_height = 0;
  int scale_factor = 8;  // pixels a latent cell
  int max_prompt_tokens = 77;
  std::optional<double> embedded_guidance_scale;  // default of a denoiser that takes the scale
};

// Fills the manifest's gaps with the defaults that ModelManifest documents. INVALID_ARGUMENT when
// sizes contradict each other or the latent grid, or a step count cannot be run.
absl::StatusOr<ModelDescription> DescribeModel(const ModelManifest& manifest,
                                               const ModelFacts& facts,
                                               const StepTableBuilder& builder);

// The networks' dtype: `options`', unless the manifest has one and may decide.
at::ScalarType ChooseDtype(const ModelManifest& manifest,
                           const TextToImagePipeline::Options& options);

// "float32", "float16" or "bfloat16".
std::string DtypeName(at::ScalarType dtype);

// The table of `num_inference_steps` steps: overrides first, then the manifest, then the scheduler.
absl::StatusOr<StepTable> ChooseStepTable(const ModelManifest& manifest,
                                          const StepTableBuilder& builder, int num_inference_steps,
                                          const SamplingOverrides& overrides);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_MODEL_SETTINGS_H_
