// `strobe-model generate`: one prompt to one image file, without a server.

#ifndef STROBE_MODEL_TOOLS_GENERATE_COMMAND_H_
#define STROBE_MODEL_TOOLS_GENERATE_COMMAND_H_

#include <optional>
#include <string>

#include <CLI/App.hpp>

#include "model/tools/command_result.h"

namespace strobe::model {

// The flags as they were typed; empty or absent: the model's default.
struct GenerateFlags {
  std::string model;
  std::string prompt;
  std::optional<std::string> negative_prompt;
  std::string seed;
  std::optional<int> steps;
  std::string size;
  std::optional<double> guidance_scale;
  std::string timesteps;
  std::optional<double> eta;
  std::string noise_correction;
  std::string initial_latents;
  std::string trace;
  std::string device = "cpu";
  std::string dtype;
  std::string output;
  int quality = 90;
};

// Adds the subcommand and its flags to `app`.
CLI::App* AddGenerateCommand(CLI::App& app, GenerateFlags& flags);

// Generates, writes the image and the trace, and prints the time of each stage to stdout. Flags are
// checked before the model is loaded.
CommandResult RunGenerate(const GenerateFlags& flags);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_GENERATE_COMMAND_H_
