#include "model/training/data/training_recipe.h"

#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "model/training/data/recipe_json.h"
#include "model/training/networks/mixed_precision.h"

namespace strobe::model {

namespace {

TrainingRecipe OneShapeTraining() {
  TrainingRecipe recipe;
  recipe.pretraining_domain = "rich";
  recipe.text = {1500, 96, 1.5e-3, 20, 0.1, 0.98, 0.01, 0.98};
  recipe.autoencoder = {4000, 32, 3e-3, 60, 0.1, 0.99, 0.01, 0.99};
  recipe.decoder = {1000, 32, 1.5e-3, 20, 0.1, 0.99, 0.01, 0.99};
  recipe.teacher = {2400, 64, 1.5e-3, 100, 0.35, 0.98, 0.01, 0.996};
  recipe.critic = {2000, 64, 1e-3, 100, 0.2, 0.98, 0.05, 0.99};
  return recipe;
}

// Goes on from the one-shape teacher: --start-from.
TrainingRecipe RichTraining() {
  TrainingRecipe recipe = OneShapeTraining();
  recipe.data.domain = "rich";
  recipe.data.num_pictures = 200000;
  recipe.decoder.steps = 6000;
  recipe.teacher = {16000, 64, 1e-3, 100, 0.35, 0.98, 0.01, 0.996};
  return recipe;
}

DistillationRecipe OneShapeDistillation() {
  DistillationRecipe recipe;
  recipe.student = {600, 32, 4e-4, 20, 0.1, 0.98, 0.0, 0.98};
  return recipe;
}

// Pictures of 96 pixels with fine lines: latents of 12x12x24, a decoder of 1.2 MB.
TrainingRecipe IllustrationsTraining() {
  TrainingRecipe recipe;
  recipe.data.image_size = 96;
  recipe.network.latent_channels = 24;
  recipe.network.autoencoder_width = 48;
  recipe.text = {3000, 96, 1.5e-3, 20, 0.1, 0.98, 0.01, 0.98};
  recipe.autoencoder = {6000, 32, 3e-3, 60, 0.1, 0.99, 0.01, 0.99};
  recipe.decoder = {3000, 32, 1.5e-3, 20, 0.1, 0.99, 0.01, 0.99};
  recipe.teacher = {39000, 64, 1e-3, 200, 0.35, 0.98, 0.01, 0.998};
  recipe.critic = {4000, 64, 1e-3, 100, 0.2, 0.98, 0.05, 0.99};
  recipe.critic_network = {{32, 64, 96, 128}, 1};
  return recipe;
}

// The same with twice the denoiser.
TrainingRecipe LargeIllustrationsTraining() {
  TrainingRecipe recipe = IllustrationsTraining();
  recipe.network.unet_channels = {128, 192};
  recipe.network.unet_heads = {4, 6};
  recipe.teacher.steps = 31000;
  return recipe;
}

TrainingRecipe SmokeTraining() {
  TrainingRecipe recipe;
  recipe.data = {"simple", "", 32, 2, "usual", 32};
  recipe.network = {4, 16, {1, 0, 0, 0}, 32, 1, 2, 24, {32, 32}, {1, 1}, 8, 8192};
  recipe.text = {6, 8, 1e-3, 2, 0.1, 0.98, 0.01, 0.9};
  recipe.autoencoder = {6, 4, 1e-3, 2, 0.1, 0.99, 0.01, 0.9};
  recipe.decoder = {4, 4, 1e-3, 2, 0.1, 0.99, 0.01, 0.9};
  recipe.teacher = {6, 8, 1e-3, 2, 0.35, 0.98, 0.01, 0.9};
  recipe.critic = {4, 8, 1e-3, 2, 0.2, 0.98, 0.05, 0.9};
  return recipe;
}

DistillationRecipe RichDistillation() {
  DistillationRecipe recipe = OneShapeDistillation();
  recipe.data.domain = "rich";
  recipe.data.num_pictures = 200000;
  recipe.student.steps = 1500;
  return recipe;
}

DistillationRecipe IllustrationsDistillation() {
  DistillationRecipe recipe = OneShapeDistillation();
  recipe.data.image_size = 96;
  recipe.student.steps = 6200;
  return recipe;
}

DistillationRecipe LargeIllustrationsDistillation() {
  DistillationRecipe recipe = IllustrationsDistillation();
  recipe.student.steps = 4700;
  return recipe;
}

DistillationRecipe SmokeDistillation() {
  DistillationRecipe recipe;
  recipe.data = {"simple", "", 32, 2, "usual", 32};
  recipe.student = {4, 8, 4e-4, 2, 0.1, 0.98, 0.0, 0.9};
  recipe.adversarial_warmup = 1;
  recipe.adversarial_ramp = 1;
  return recipe;
}

absl::Status CheckDescent(const char* name, const DescentRecipe& descent) {
  if (descent.steps >= 0 && descent.micro_batches > 0 && descent.batch_size > 0 &&
      descent.batch_size % descent.micro_batches == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("recipe: ", name, ": ", descent.steps, " steps of ", descent.batch_size,
                   " samples in ", descent.micro_batches, " equal parts are not possible"));
}

absl::Status Check(const TrainingRecipe& recipe) {
  absl::Status status = ParsePrecision(recipe.precision).status();
  status.Update(CheckDescent("text", recipe.text));
  status.Update(CheckDescent("autoencoder", recipe.autoencoder));
  status.Update(CheckDescent("decoder", recipe.decoder));
  status.Update(CheckDescent("teacher", recipe.teacher));
  status.Update(CheckDescent("critic", recipe.critic));
  const auto fits = [](int width) { return width >= 8 && width <= 1024 && width % 8 == 0; };
  const std::vector<int>& widths = recipe.critic_network.widths;
  if (widths.empty() || !std::all_of(widths.begin(), widths.end(), fits) ||
      recipe.critic_network.blocks < 0 || recipe.critic_network.blocks > 8) {
    status.Update(absl::InvalidArgumentError(
        "recipe: critic_network: needs widths that are multiples of 8 up to 1024, and 0 to 8 "
        "blocks"));
  }
  if (recipe.critic.micro_batches > 1) {
    status.Update(absl::InvalidArgumentError(
        "recipe: critic: its pictures are told from each other, a batch cannot be cut in parts"));
  }
  return status;
}

absl::Status Check(const DistillationRecipe& recipe) {
  absl::Status status = ParsePrecision(recipe.precision).status();
  status.Update(CheckDescent("student", recipe.student));
  if (recipe.real != "data" && recipe.real != "teacher") {
    status.Update(absl::InvalidArgumentError(
        absl::StrCat("recipe: no real '", recipe.real, "': there are data and teacher")));
  }
  if (recipe.discriminator_updates < 1) {
    status.Update(absl::InvalidArgumentError("recipe: discriminator_updates is under 1"));
  }
  return status;
}

constexpr absl::string_view kNames[] = {"one-shape", "rich", "illustrations", "illustrations-large",
                                        "smoke"};

struct NamedRecipe {
  TrainingRecipe (*training)();
  DistillationRecipe (*distillation)();
  bool is_of_folder = false;  // there is nothing to draw in its place
};

constexpr NamedRecipe kRecipes[std::size(kNames)] = {
    {OneShapeTraining, OneShapeDistillation},
    {RichTraining, RichDistillation},
    {IllustrationsTraining, IllustrationsDistillation, true},
    {LargeIllustrationsTraining, LargeIllustrationsDistillation, true},
    {SmokeTraining, SmokeDistillation}};

// The recipe that `maker` of the named one makes, with its overrides.
template <typename Recipe>
absl::StatusOr<Recipe> Choose(absl::string_view name, Recipe (*NamedRecipe::*maker)(),
                              const nlohmann::json& overrides) {
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) {
    return absl::InvalidArgumentError(
        absl::StrCat("no recipe '", name, "': there are ", absl::StrJoin(kNames, ", ")));
  }
  const NamedRecipe& named = kRecipes[found - std::begin(kNames)];
  Recipe recipe = (named.*maker)();
  if (!overrides.is_null()) STROBE_RETURN_IF_ERROR(ReplaceFields(overrides, recipe));
  STROBE_RETURN_IF_ERROR(Check(recipe));
  if (named.is_of_folder && recipe.data.folder.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "recipe ", name, ": needs a folder of pictures: --data DIR; see docs/training/data.md"));
  }
  return recipe;
}

}  // namespace

LearnerOptions DescentRecipe::ToLearnerOptions() const {
  LearnerOptions options;
  options.schedule = {learning_rate, steps, warmup_steps, flat_share};
  options.adam.beta2 = beta2;
  options.adam.weight_decay = weight_decay;
  options.ema_decay = ema_decay;
  return options;
}

absl::Span<const absl::string_view> RecipeNames() { return kNames; }

absl::StatusOr<TrainingRecipe> MakeTrainingRecipe(absl::string_view name,
                                                  const nlohmann::json& overrides) {
  return Choose(name, &NamedRecipe::training, overrides);
}

absl::StatusOr<DistillationRecipe> MakeDistillationRecipe(absl::string_view name,
                                                          const nlohmann::json& overrides) {
  return Choose(name, &NamedRecipe::distillation, overrides);
}

}  // namespace strobe::model
