#include "model/training/run/model_card.h"

#include <algorithm>

#include "absl/strings/ascii.h"
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

constexpr char kOfScenes[] =
    "from drawn scenes alone:\nno photographs, no pretrained weights. Weights are stored as "
    "float16.\n\n";
constexpr char kOfFolder[] =
    "from captioned\npictures, without pretrained weights. Weights are stored as float16.\n\n";
constexpr char kScenePrompt[] = "a large red circle on a white background";
constexpr char kUnknownPrompt[] = "a picture";
constexpr int64_t kMostLookedAt = 100;  // pictures, for a prompt

std::string UseText(const std::string& prompt) {
  const bool is_drawn = prompt.empty();
  return absl::StrCat("A text-to-image model in the diffusers layout, made by `strobe-model` ",
                      is_drawn ? kOfScenes : kOfFolder,
                      "```sh\nstrobe-model generate --model . --prompt \"",
                      is_drawn ? kScenePrompt : prompt, "\" \\\n  --output ",
                      is_drawn ? "circle" : "picture", ".png\n```\n");
}

bool IsPlain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == ' ' || c == ',' || c == '-';
  });
}

}  // namespace

absl::StatusOr<std::string> CardPrompt(const DataRecipe& recipe,
                                       const CaptionedPictures& pictures) {
  if (recipe.folder.empty()) return std::string();
  for (int64_t i = 0; i < std::min(pictures.size(), kMostLookedAt); ++i) {
    STROBE_ASSIGN_OR_RETURN(const PictureTexts texts, pictures.Texts(i));
    for (const PictureCaption& caption : texts.captions) {
      if (IsPlain(caption.text)) return caption.text;
    }
  }
  return std::string(kUnknownPrompt);
}

absl::StatusOr<std::vector<MeasuredAlignment>> MeasureAlignment(
    const TrainedModel& model, const DataRecipe& data, const std::vector<int>& step_counts,
    double guidance_scale, bool noise_correction, at::Device device) {
  std::vector<MeasuredAlignment> rows;
  if (!data.folder.empty()) return rows;
  STROBE_ASSIGN_OR_RETURN(const SceneDomain domain, ParseSceneDomain(data.domain));
  for (const int steps : step_counts) {
    AlignmentCheckOptions options;
    options.domain = domain;
    options.image_size = data.image_size;
    options.num_steps = steps;
    options.guidance_scale = guidance_scale;
    options.noise_correction = noise_correction;
    options.device = device;
    STROBE_ASSIGN_OR_RETURN(const AlignmentCheck check, CheckAlignment(model, options));
    rows.push_back({steps, guidance_scale, check});
  }
  return rows;
}

std::string ModelCardText(const std::string& title, const std::string& recipe_json,
                          const std::vector<MeasuredAlignment>& measured,
                          const std::string& prompt) {
  std::string text = absl::StrCat(kFrontMatter, "# ", title, "\n\n", UseText(prompt));
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
