// What every device must do alike.

#ifndef STROBE_TESTS_MODEL_TRAINING_DEVICE_RUNS_H_
#define STROBE_TESTS_MODEL_TRAINING_DEVICE_RUNS_H_

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/training/run/critic_run.h"
#include "model/training/run/distillation_run.h"
#include "model/training/run/training_run.h"
#include "tests/model/training/whole_runs.h"

namespace strobe::model {

// The loss of every step of every stage that left its metrics in `work`.
inline std::vector<double> LossesIn(const std::filesystem::path& work) {
  std::ifstream file(work / "metrics.jsonl");
  std::vector<double> losses;
  for (std::string line; std::getline(file, line);) {
    losses.push_back(nlohmann::json::parse(line).at("loss").get<double>());
  }
  return losses;
}

// Runs `run`, which takes RunOptions, on the CPU and on `device`, and compares all losses.
template <typename Run>
void ExpectAsOnTheCpu(const std::filesystem::path& root, const std::string& name,
                      const at::Device& device, double tolerance, const Run& run) {
  std::vector<double> losses[2];
  for (const bool on_device : {false, true}) {
    RunOptions options = RunIn(root, name + (on_device ? "-device" : ""));
    options.trainer.log_every = 1;
    if (on_device) options.device = device;
    const absl::Status status = run(options);
    ASSERT_TRUE(status.ok()) << name << ": " << status;
    losses[on_device] = LossesIn(options.trainer.directory);
  }
  ASSERT_EQ(losses[0].size(), losses[1].size());
  ASSERT_GE(losses[0].size(), 4u);
  for (size_t i = 0; i < losses[0].size(); ++i) {
    EXPECT_NEAR(losses[1][i], losses[0][i], tolerance * (1.0 + std::abs(losses[0][i])))
        << name << ", line " << i;
  }
}

// A teacher, its students by every method, one of them of adapters alone, and a critic.
inline void ExpectEveryRunAsOnTheCpu(const std::filesystem::path& root, const at::Device& device,
                                     double tolerance) {
  const nlohmann::json exact = {{"precision", "float32"}};
  ExpectAsOnTheCpu(root, "teacher", device, tolerance, [&](const RunOptions& options) {
    return RunTraining(*MakeTrainingRecipe("smoke", exact), options);
  });
  for (const char* method : {"imagine-flash", "step", "lcm", "add"}) {
    nlohmann::json recipe = exact;
    recipe["method"] = method;
    if (std::string(method) == "imagine-flash") recipe["lora_rank"] = 2;
    ExpectAsOnTheCpu(root, method, device, tolerance, [&](const RunOptions& options) {
      return RunDistillation(*MakeDistillationRecipe("smoke", recipe), (root / "teacher").string(),
                             options);
    });
  }
  ExpectAsOnTheCpu(root, "critic", device, tolerance, [&](const RunOptions& options) {
    return RunCriticTraining(*MakeTrainingRecipe("smoke", exact), options);
  });
  ExpectItGenerates((root / "teacher-device").string(), 3);
  ExpectItGenerates((root / "imagine-flash-device").string(), 2);
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_TRAINING_DEVICE_RUNS_H_
