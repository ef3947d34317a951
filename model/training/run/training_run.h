// Whole runs: nothing to a teacher, a teacher to a student.

#ifndef STROBE_MODEL_TRAINING_RUN_TRAINING_RUN_H_
#define STROBE_MODEL_TRAINING_RUN_TRAINING_RUN_H_

#include <string>

#include <c10/core/Device.h>

#include "absl/status/status.h"
#include "model/training/data/training_recipe.h"
#include "model/training/run/trainer.h"

namespace strobe::model {

struct RunOptions {
  std::string output;      // the model directory to write; replaced if it exists
  std::string start_from;  // of training: a model directory to go on from; empty: from nothing
  at::Device device = at::kCPU;  // of the networks; pictures are made on the CPU
  TrainerOptions trainer;        // its directory is made if it does not exist
};

// Tokenizer, text encoder, autoencoder, decoder and denoiser from nothing; writes a diffusers
// directory that samples with guidance in 8 steps and more. A run that was cut off goes on where it
// stopped. With `start_from` denoiser and text encoder train on, and so does the decoder if the
// autoencoder has the shape of the recipe's; the rest is that model's: its tokenizer must know the
// words, its latents must hold the pictures. Errors as Trainer::Run, and those of the data.
absl::Status RunTraining(const TrainingRecipe& recipe, const RunOptions& options);

// The critic that evaluations use, trained on the recipe's data. Errors as above.
absl::Status RunCriticTraining(const TrainingRecipe& recipe, const RunOptions& options);

// A student of the diffusers model in `teacher`, for the step counts of the recipe, without
// guidance. Errors as above, and those of reading the teacher.
absl::Status RunDistillation(const DistillationRecipe& recipe, const std::string& teacher,
                             const RunOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_TRAINING_RUN_H_
