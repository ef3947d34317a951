// strobe-model: run and look at models without a server.

#include <iostream>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "absl/strings/str_cat.h"
#include "model/tools/command_result.h"
#include "model/tools/distill_command.h"
#include "model/tools/evaluate_command.h"
#include "model/tools/generate_command.h"
#include "model/tools/inspect_command.h"
#include "model/tools/self_test_command.h"
#include "model/tools/train_command.h"

namespace {

// One line for a wrong command line, with the help that explains its flags.
std::string UsageError(const CLI::App* app, const CLI::Error& error) {
  const std::vector<CLI::App*> given = app->get_subcommands();
  const std::string subcommand = given.empty() ? "" : given.front()->get_name() + " ";
  return absl::StrCat("strobe-model: ", error.what(), " (see strobe-model ", subcommand,
                      "--help)\n");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace strobe::model;  // NOLINT

  CLI::App app("Runs few-step text-to-image models in diffusers layout, without a server.",
               "strobe-model");
  app.footer(
      "Exit codes: 0 done, 1 failed (the message says why), 2 wrong flags.\n"
      "Example: strobe-model generate --model model/students/tiny-shapes \\\n"
      "           --prompt \"a large red circle on a white background\" --output circle.png");
  app.failure_message(&UsageError);
  GenerateFlags generate_flags;
  InspectFlags inspect_flags;
  const CLI::App* generate = AddGenerateCommand(app, generate_flags);
  const CLI::App* inspect = AddInspectCommand(app, inspect_flags);
  SelfTestFlags self_test_flags;
  const CLI::App* self_test = AddSelfTestCommand(app, self_test_flags);
  TrainFlags train_flags;
  DistillFlags distill_flags;
  const CLI::App* train = AddTrainCommand(app, train_flags);
  const CLI::App* distill = AddDistillCommand(app, distill_flags);
  EvaluateFlags evaluate_flags;
  TrainingFlags critic_flags;
  const CLI::App* evaluate = AddEvaluateCommand(app, evaluate_flags);
  AddTrainCriticCommand(app, critic_flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (app.get_subcommands().size() != 1) {
    std::cerr << "strobe-model: one subcommand is required: generate, inspect, self-test, train, "
                 "distill, evaluate or train-critic (see strobe-model --help)\n";
    return kExitUsage;
  }

  const CommandResult result = generate->parsed()    ? RunGenerate(generate_flags)
                               : inspect->parsed()   ? RunInspect(inspect_flags)
                               : self_test->parsed() ? RunSelfTest(self_test_flags)
                               : train->parsed()     ? RunTrain(train_flags)
                               : distill->parsed()   ? RunDistill(distill_flags)
                               : evaluate->parsed()  ? RunEvaluate(evaluate_flags)
                                                     : RunTrainCritic(critic_flags);
  std::cout.flush();
  if (!result.status.ok()) std::cerr << "strobe-model: " << result.status.message() << "\n";
  return result.exit_code;
}
