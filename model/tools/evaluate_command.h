// `strobe-model evaluate` and `strobe-model train-critic`: tables out of checkpoints.

#ifndef STROBE_MODEL_TOOLS_EVALUATE_COMMAND_H_
#define STROBE_MODEL_TOOLS_EVALUATE_COMMAND_H_

#include <cstdint>
#include <string>

#include <CLI/App.hpp>

#include "model/tools/command_result.h"
#include "model/tools/training_flags.h"

namespace strobe::model {

struct EvaluateFlags {
  std::string runs;
  std::string critic = "model/evaluation/critic";
  std::string output;
  std::string data;
  std::string domain = "simple";
  std::string captions;  // empty: named for scenes, open for --data
  int num_prompts = 1000;
  int num_references = 5000;
  int num_resamples = 1000;
  uint64_t seed = 9;
  std::string device = "cpu";
  int threads = 0;
};

CLI::App* AddEvaluateCommand(CLI::App& app, EvaluateFlags& flags);
CommandResult RunEvaluate(const EvaluateFlags& flags);

// The critic that ships is made by `train-critic`.
CLI::App* AddTrainCriticCommand(CLI::App& app, TrainingFlags& flags);
CommandResult RunTrainCritic(const TrainingFlags& flags);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_EVALUATE_COMMAND_H_
