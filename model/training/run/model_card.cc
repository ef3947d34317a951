#include "model/training/run/model_card.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {
namespace {

constexpr char kFrontMatter[] =
    "---\n"
    "license: apache-2.0\n"
    "library_name: diffusers\n"
    "pipeline_tag: text-to-image\n"
    "tags: [few-step, distillation, synthetic]\n"
    "---\n\n";

constexpr char kUse[] =
    "A text-to-image model in the diffusers layout, made by `strobe-model` from drawn scenes "
    "alone:\n"
    "no photographs, no pretrained weights. Weights are stored as float16.\n\n"
    "```sh\n"
    "strobe-model generate --model . --prompt \"a large red circle on a white background\" \\\n"
    "  --output circle.png\n"
    "```\n";

}  // namespace

absl::StatusOr<std::vector<MeasuredAlignment>> MeasureAlignment(const TrainedModel& model,
                                                                const DataRecipe& data,
                                                                const std::vector<int>& step_counts,
                                                                double guidance_scale,
                                                                at::Device device) {
  std::vector<MeasuredAlignment> rows;
  if (!data.folder.empty()) return rows;
  STROBE_ASSIGN_OR_RETURN(const SceneDomain domain, ParseSceneDomain(data.domain));
  for (const int steps : step_counts) {
    AlignmentCheckOptions options;
    options.domain = domain;
    options.image_size = data.image_size;
    options.num_steps = steps;
    options.guidance_scale = guidance_scale;
    options.device = device;
    STROBE_ASSIGN_OR_RETURN(const AlignmentCheck check, CheckAlignment(model, options));
    rows.push_back({steps, guidance_scale, check});
  }
  return rows;
}

std::string ModelCardText(const std::string& title, const std::string& recipe_json,
                          const std::vector<MeasuredAlignment>& measured) {
  std::string text = absl::StrCat(kFrontMatter, "# ", title, "\n\n", kUse);
  if (!measured.empty()) {
    absl::StrAppend(
        &text,
        "\n## Measured\n\n200 prompts that name every attribute, half of them of scenes "
        "held out of training; a detector\nreads the pixels.\n\n"
        "| steps | guidance | all right | held out | attributes right |\n"
        "|---|---|---|---|---|\n");
  }
  for (const MeasuredAlignment& row : measured) {
    absl::StrAppend(&text,
                    absl::StrFormat("| %d | %g | %.1f %% | %.1f %% | %.1f %% |\n", row.num_steps,
                                    row.guidance_scale, 100 * row.check.all_right,
                                    100 * row.check.held_out_all_right, 100 * row.check.mean));
  }
  absl::StrAppend(&text, "\n## Recipe\n\n```json\n", recipe_json, "\n```\n");
  return text;
}

}  // namespace strobe::model
