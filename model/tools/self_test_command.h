// `strobe-model self-test`: the pictures beside a model, made or checked.

#ifndef STROBE_MODEL_TOOLS_SELF_TEST_COMMAND_H_
#define STROBE_MODEL_TOOLS_SELF_TEST_COMMAND_H_

#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "model/tools/command_result.h"

namespace strobe::model {

// The flags as they were typed.
struct SelfTestFlags {
  std::string model;
  std::vector<std::string> write;  // prompts; empty: check
  int max_difference = 2;
  double max_share = 0.01;
  std::string device = "cpu";
};

// Adds the subcommand and its flags to `app`.
CLI::App* AddSelfTestCommand(CLI::App& app, SelfTestFlags& flags);

// With prompts: draws one picture of each in float32, in turn with every step count that the model
// offers, from the default one on, and stores them in the model's folder `self_test`. Without:
// draws those that are there and fails when one is not the stored one. Prints a line for each.
CommandResult RunSelfTest(const SelfTestFlags& flags);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_SELF_TEST_COMMAND_H_
