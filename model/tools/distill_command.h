// `strobe-model distill`: a few-step student of any teacher that loads.

#ifndef STROBE_MODEL_TOOLS_DISTILL_COMMAND_H_
#define STROBE_MODEL_TOOLS_DISTILL_COMMAND_H_

#include <string>

#include <CLI/App.hpp>

#include "model/tools/command_result.h"
#include "model/tools/training_flags.h"

namespace strobe::model {

struct DistillFlags {
  TrainingFlags training;
  std::string teacher;
  std::string method = "imagine-flash";
  bool no_backward = false;
  bool no_srl = false;
  bool no_discriminator = false;
  bool no_noise_correction = false;
  std::string renoise;  // empty: the recipe's
  int lora_rank = 0;
};

// Adds the subcommand and its flags to `app`.
CLI::App* AddDistillCommand(CLI::App& app, DistillFlags& flags);

// Distils and writes the model directory.
CommandResult RunDistill(const DistillFlags& flags);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_DISTILL_COMMAND_H_
