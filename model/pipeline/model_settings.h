// What a model directory means for a caller: its description, and the step table of a run.

#ifndef STROBE_MODEL_PIPELINE_MODEL_SETTINGS_H_
#define STROBE_MODEL_PIPELINE_MODEL_SETTINGS_H_

#include <string>

#include <c10/core/ScalarType.h>

#include "absl/status/statusor.h"
#include "model/pipeline/families/model_family.h"
#include "model/pipeline/pipeline_options.h"
#include "model/sampling/step_table_builder.h"
#include "model/spec/latent_geometry.h"
#include "model/spec/model_description.h"
#include "model/spec/model_manifest.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// What decides the step tables of a model.
struct StepSource {
  ModelManifest manifest;
  StepTableBuilder builder;
  const ModelFamily* family;  // never null
  LatentGeometry geometry;
};

// What a run chooses of them.
struct StepChoice {
  int num_inference_steps = 1;
  int width = 0;  // pixels
  int height = 0;
};

// Facts of the loaded components that a description is made of.
struct ModelFacts {
  std::string directory;  // path; its last part is the name of a model without one
  DenoiserFacts denoiser;
  int max_prompt_tokens = 77;
};

// Fills the manifest's gaps with the defaults that ModelManifest documents. INVALID_ARGUMENT when
// sizes contradict each other or the latent grid, or a step count cannot be run.
absl::StatusOr<ModelDescription> DescribeModel(const StepSource& source, const ModelFacts& facts);

// The networks' dtype: `options`', unless the manifest has one and may decide.
at::ScalarType ChooseDtype(const ModelManifest& manifest, const PipelineOptions& options);

// "float32", "float16" or "bfloat16".
std::string DtypeName(at::ScalarType dtype);

// The table of a run: overrides first, then the manifest, then the family, then the scheduler.
absl::StatusOr<StepTable> ChooseStepTable(const StepSource& source, const StepChoice& choice,
                                          const SamplingOverrides& overrides);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_MODEL_SETTINGS_H_
