// What `strobe-model inspect` prints, part by part.

#ifndef STROBE_MODEL_TOOLS_MODEL_REPORT_H_
#define STROBE_MODEL_TOOLS_MODEL_REPORT_H_

#include <ostream>
#include <string>

#include <c10/core/ScalarType.h>

#include "model/pipeline/families/model_family.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/spec/step_table.h"
#include "model/weights/checkpoint_directory.h"

namespace strobe::model {

// The dtype to look at a model in: that of most of its denoiser's weights, so that they stay where
// they are. float32 when they cannot be read.
at::ScalarType DtypeOfFiles(const CheckpointDirectory& directory, const ModelFamily& family);

// Pipeline class, base, LoRA files, and each component's class, source, parameters and size; of a
// component that cannot be read the reason.
void ReportComponents(const CheckpointDirectory& directory, const ModelFamily& family,
                      std::ostream& out);

// Name, sizes, latents, prompt, guidance, steps.
void ReportOffer(const TextToImagePipeline& pipeline, std::ostream& out);

// Estimated memory beside the weights by batch size and picture size.
void ReportMemory(const TextToImagePipeline& pipeline, std::ostream& out);

// One line a step.
void ReportStepTable(int count, const StepTable& table, std::ostream& out);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_MODEL_REPORT_H_
