#include "model/training/data/training_recipe.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/training/networks/mixed_precision.h"

namespace strobe::model {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataRecipe, domain, folder, num_pictures, captions_per_picture,
                                   image_size)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NetworkRecipe, latent_channels, autoencoder_width,
                                   decoder_blocks, text_width, text_layers, text_heads,
                                   text_positions, unet_channels, unet_heads, unet_norm_groups,
                                   max_merges)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DescentRecipe, steps, batch_size, learning_rate, warmup_steps,
                                   flat_share, beta2, weight_decay, ema_decay, micro_batches)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TrainingRecipe, seed, precision, data, pretraining_domain,
                                   prediction_type, network, text, autoencoder, decoder, teacher,
                                   critic, encoder_rate_scale, text_rate_scale, caption_dropout,
                                   pure_noise_share, timestep_exponent, guidance_scale)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DistillationRecipe, seed, precision, data, method, student,
                                   step_counts, guidance_scale, teacher_steps, shift_low,
                                   shift_high, backward_distillation, shifted_reconstruction,
                                   discriminator, adversarial_weight, discriminator_rate, lora_rank)

namespace {

constexpr char kOneShape[] = "one-shape";
constexpr char kRich[] = "rich";
constexpr char kSmoke[] = "smoke";

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

TrainingRecipe SmokeTraining() {
  TrainingRecipe recipe;
  recipe.data = {"simple", "", 32, 2, 32};
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

DistillationRecipe SmokeDistillation() {
  DistillationRecipe recipe;
  recipe.data = {"simple", "", 32, 2, 32};
  recipe.student = {4, 8, 4e-4, 2, 0.1, 0.98, 0.0, 0.9};
  return recipe;
}

// The first key of `overrides` that `known` lacks, with its path; empty: none.
std::string UnknownKey(const nlohmann::json& overrides, const nlohmann::json& known,
                       const std::string& path) {
  for (const auto& [key, value] : overrides.items()) {
    if (!known.contains(key)) return path + key;
    if (!value.is_object()) continue;
    const std::string inner = UnknownKey(value, known[key], absl::StrCat(path, key, "."));
    if (!inner.empty()) return inner;
  }
  return "";
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
  if (recipe.critic.micro_batches > 1) {
    status.Update(absl::InvalidArgumentError(
        "recipe: critic: its pictures are told from each other, a batch cannot be cut in parts"));
  }
  return status;
}

absl::Status Check(const DistillationRecipe& recipe) {
  absl::Status status = ParsePrecision(recipe.precision).status();
  status.Update(CheckDescent("student", recipe.student));
  return status;
}

template <typename Recipe>
absl::StatusOr<Recipe> Override(const Recipe& recipe, const nlohmann::json& overrides) {
  if (overrides.is_null()) return recipe;
  if (!overrides.is_object()) {
    return absl::InvalidArgumentError("the overrides of a recipe are not a JSON object");
  }
  nlohmann::json json = recipe;
  const std::string unknown = UnknownKey(overrides, json, "");
  if (!unknown.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("a recipe has no '", unknown, "'"));
  }
  json.merge_patch(overrides);
  try {
    const Recipe changed = json.get<Recipe>();
    STROBE_RETURN_IF_ERROR(Check(changed));
    return changed;
  } catch (const nlohmann::json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("recipe: ", error.what()));
  }
}

template <typename Recipe>
absl::StatusOr<Recipe> Choose(absl::string_view name, const Recipe& one_shape, const Recipe& rich,
                              const Recipe& smoke, const nlohmann::json& overrides) {
  if (name == kOneShape) return Override(one_shape, overrides);
  if (name == kRich) return Override(rich, overrides);
  if (name == kSmoke) return Override(smoke, overrides);
  return absl::InvalidArgumentError(
      absl::StrCat("no recipe '", name, "': there are ", kOneShape, ", ", kRich, " and ", kSmoke));
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

absl::StatusOr<TrainingRecipe> MakeTrainingRecipe(absl::string_view name,
                                                  const nlohmann::json& overrides) {
  return Choose(name, OneShapeTraining(), RichTraining(), SmokeTraining(), overrides);
}

absl::StatusOr<DistillationRecipe> MakeDistillationRecipe(absl::string_view name,
                                                          const nlohmann::json& overrides) {
  return Choose(name, OneShapeDistillation(), RichDistillation(), SmokeDistillation(), overrides);
}

nlohmann::json RecipeJson(const TrainingRecipe& recipe) { return recipe; }
nlohmann::json RecipeJson(const DistillationRecipe& recipe) { return recipe; }

}  // namespace strobe::model
