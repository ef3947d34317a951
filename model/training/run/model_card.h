// The README.md of a model that strobe trained.

#ifndef STROBE_MODEL_TRAINING_RUN_MODEL_CARD_H_
#define STROBE_MODEL_TRAINING_RUN_MODEL_CARD_H_

#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "model/scenes/captioned_pictures.h"
#include "model/training/data/training_recipe.h"
#include "model/training/networks/trained_model.h"
#include "model/training/stages/alignment_check.h"

namespace strobe::model {

// One row of the table of a model card.
struct MeasuredAlignment {
  int num_steps = 1;
  double guidance_scale = 1.0;
  AlignmentCheck check;
};

// Measures `model`, sampled as said, at each step count on the drawn scenes of `data`; nothing for
// folders.
absl::StatusOr<std::vector<MeasuredAlignment>> MeasureAlignment(
    const TrainedModel& model, const DataRecipe& data, const std::vector<int>& step_counts,
    double guidance_scale, bool noise_correction, at::Device device);

// What it is, how to use it, how it was made (`recipe_json`) and what was measured. `prompt` is one
// that the pictures of a folder were captioned with; empty: the model is one of drawn scenes.
std::string ModelCardText(const std::string& title, const std::string& recipe_json,
                          const std::vector<MeasuredAlignment>& measured,
                          const std::string& prompt);

// For ModelCardText: a caption of `data` that needs no quoting in a shell, if `recipe` is of a
// folder.
absl::StatusOr<std::string> CardPrompt(const DataRecipe& recipe, const CaptionedPictures& pictures);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_MODEL_CARD_H_
