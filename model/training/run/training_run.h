// A whole run from nothing, or from another model, to a teacher.

#ifndef STROBE_MODEL_TRAINING_RUN_TRAINING_RUN_H_
#define STROBE_MODEL_TRAINING_RUN_TRAINING_RUN_H_

#include "absl/status/status.h"
#include "model/training/data/training_recipe.h"
#include "model/training/run/run_options.h"

namespace strobe::model {

// Tokenizer, text encoder, autoencoder, decoder and denoiser from nothing; writes a diffusers
// directory that samples with guidance in 8 steps and more. A run that was cut off goes on where it
// stopped. With `start_from` denoiser and text encoder train on, and so does the decoder if the
// autoencoder has the shape of the recipe's; the rest is that model's: its tokenizer must know the
// words, its latents must hold the pictures. Errors as Trainer::Run, those of
// the data, and those of OpenRunFolders before any work.
absl::Status RunTraining(const TrainingRecipe& recipe, const RunOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_TRAINING_RUN_H_
