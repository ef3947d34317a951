// Every number that a training run depends on.

#ifndef STROBE_MODEL_TRAINING_DATA_TRAINING_RECIPE_H_
#define STROBE_MODEL_TRAINING_DATA_TRAINING_RECIPE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/training/networks/learner.h"

namespace strobe::model {

// Where pictures and captions come from.
struct DataRecipe {
  std::string domain = "simple";  // of the drawn scenes: simple or rich
  std::string folder;             // of captioned pictures; empty: scenes are drawn
  int64_t num_pictures = 48000;   // drawn scenes
  int captions_per_picture = 4;
  // What the captions of drawn scenes say: usual (mostly everything), named (everything), open
  // (each attribute in one of two) or sparse (one attribute).
  std::string captions = "usual";
  int image_size = 64;  // pixels, a multiple of 8
};

// The sizes of the networks, in the words of their config.json.
struct NetworkRecipe {
  int latent_channels = 16;
  int autoencoder_width = 32;
  std::vector<int> decoder_blocks = {3, 3, 2, 0};  // from the smallest size
  int text_width = 128;
  int text_layers = 2;
  int text_heads = 4;
  int text_positions = 24;
  std::vector<int> unet_channels = {96, 128};
  std::vector<int> unet_heads = {3, 4};
  int unet_norm_groups = 32;
  int max_merges = 8192;  // of the tokenizer
};

// The picture side of the critic: a strided convolution a width, each halving the picture.
struct CriticNetworkRecipe {
  std::vector<int> widths = {32, 64, 96, 128};  // multiples of 8
  int blocks = 0;                               // residual convolutions behind each of them
};

// One stage of gradient descent.
struct DescentRecipe {
  int64_t steps = 0;
  int64_t batch_size = 32;
  double learning_rate = 1e-3;
  int64_t warmup_steps = 0;
  double flat_share = 0.0;
  double beta2 = 0.98;
  double weight_decay = 0.01;
  double ema_decay = 0.99;
  int micro_batches = 1;  // a batch is computed in so many equal parts, to save memory

  LearnerOptions ToLearnerOptions() const;
};

struct TrainingRecipe {
  uint64_t seed = 0;
  std::string precision = "bfloat16";  // of the networks' arithmetic: float32 or bfloat16
  DataRecipe data;
  std::string test_folder;  // of pictures that measure and do not teach; empty: see TrainingData
  // Of the drawn scenes that text encoder and autoencoder learn first; empty: as `data`. A wider
  // one lets a teacher go on to that domain later.
  std::string pretraining_domain;
  std::string prediction_type = "sample";  // of the teacher: epsilon, v_prediction or sample
  NetworkRecipe network;
  DescentRecipe text;         // the text encoder alone, on attribute labels
  DescentRecipe autoencoder;  // encoder and decoder
  DescentRecipe decoder;      // the decoder alone, afterwards
  DescentRecipe teacher;
  DescentRecipe critic;  // of the evaluation; no part of a model
  CriticNetworkRecipe critic_network;
  double encoder_rate_scale = 0.05;  // of the autoencoder's rate
  double text_rate_scale = 0.2;      // of the teacher's rate
  double caption_dropout = 0.1;      // share of empty captions, for guidance
  double pure_noise_share = 0.08;    // share of samples that start from noise alone
  double timestep_exponent = 0.8;    // t = 1000 u^exponent
  double guidance_scale = 2.0;       // of the samples on the sheets
};

struct DistillationRecipe {
  uint64_t seed = 1;
  std::string precision = "bfloat16";  // of the networks' arithmetic: float32 or bfloat16
  DataRecipe data;
  std::string method = "imagine-flash";
  DescentRecipe student;
  std::vector<int> step_counts = {1, 2, 3};
  double guidance_scale = 2.0;  // of the teacher, folded into the student
  // Of the rows of each step count; empty: as many as the count, so that every step of every count
  // is drawn equally often.
  std::vector<double> step_shares;
  int teacher_steps = 5;  // of the teacher's solver, from the shifted level to the target
  // Timesteps of the student and the levels from which the teacher goes on; see ShiftTable.
  std::vector<std::array<double, 2>> gamma = {{332, 60}, {499, 200}, {666, 300}, {999, 900}};
  std::string renoise = "own";  // own, start or fresh; see Renoise
  bool backward_distillation = true;
  bool shifted_reconstruction = true;
  bool noise_correction = true;      // imagine-flash: in the roll-out and in the student's manifest
  bool discriminator = true;         // add has one in any case
  std::string real = "data";         // what it takes for real: data, or the teacher's answers
  double adversarial_share = 0.2;    // of the reconstruction's gradient at x0
  int64_t adversarial_warmup = 100;  // calls before the verdict counts
  int64_t adversarial_ramp = 100;    // calls in which its share grows
  double discriminator_rate = 5e-4;  // its learning rate, flat
  int discriminator_updates = 2;     // for each of the student's
  int64_t spread_every = 200;        // steps between measurements of the spread over seeds; 0: none
  int lora_rank = 0;                 // adapters on the attention alone; 0: every weight learns
};

// Whether the student of `recipe` is trained and served with noise correction, a part of Imagine
// Flash.
inline bool ServedWithNoiseCorrection(const DistillationRecipe& recipe) {
  return recipe.method == "imagine-flash" && recipe.noise_correction;
}

// Of every training and of every distillation, in the order of their size.
absl::Span<const absl::string_view> RecipeNames();

// `name`: "one-shape" (solid shapes, half an hour), "rich" (textures, several objects, relations;
// hours, from the one-shape teacher), "illustrations" and "illustrations-large" (a folder of
// labelled pictures of 96 pixels, ten and fourteen hours) or "smoke" (a few tiny steps that show
// that everything runs). `overrides`, a JSON object, replaces single numbers:
// {"teacher": {"steps": 100}}. INVALID_ARGUMENT names the choices, a key or value that does not
// fit, and a recipe of folders without one.
absl::StatusOr<TrainingRecipe> MakeTrainingRecipe(absl::string_view name,
                                                  const nlohmann::json& overrides);
absl::StatusOr<DistillationRecipe> MakeDistillationRecipe(absl::string_view name,
                                                          const nlohmann::json& overrides);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DATA_TRAINING_RECIPE_H_
