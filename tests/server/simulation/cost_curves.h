// Cost models of straight lines.

#ifndef STROBE_TESTS_SERVER_SIMULATION_COST_CURVES_H_
#define STROBE_TESTS_SERVER_SIMULATION_COST_CURVES_H_

#include <algorithm>
#include <array>
#include <utility>

#include "absl/time/time.h"
#include "server/batching/costs/cost_model.h"
#include "server/simulation/cost_file.h"

namespace strobe::server {

inline constexpr BatchKey kSmall{1, 64, 64};

// Milliseconds of encoding, a step or decoding: fixed + batch size * each. The best times are the
// mean ones times `best`.
struct StageLine {
  double fixed = 0;
  double each = 0;
};

inline CostModel StraightCosts(const std::array<StageLine, 3>& lines, double best = 1) {
  CostModel costs;
  const auto add = [&](Stage stage, const StageLine& line) {
    for (int size = 1; size <= 8; ++size) {
      const absl::Duration mean = absl::Microseconds((line.fixed + line.each * size) * 1000);
      costs.Restore({stage, kSmall, size, mean, mean * best});
    }
  };
  add(Stage::kEncodePrompt, lines[0]);
  add(Stage::kDenoise, lines[1]);
  for (const Stage stage : {Stage::kDecode, Stage::kPreview}) add(stage, lines[2]);
  return costs;
}

// A model that offers 1 to 4 steps.
inline ModelHandle TinyModel() {
  model::ModelDescription model;
  model.name = "tiny";
  model.default_width = model.default_height = 64;
  model.num_inference_steps = {1, 2, 3, 4};
  model.default_num_inference_steps = 1;
  return ModelHandle({.model = 1}, std::move(model));
}

// One device with that model.
inline CostFile Measured(CostModel costs) {
  CostFile file;
  file.devices = {"cpu"};
  file.models = {TinyModel()};
  file.costs = DeviceCosts(std::move(costs));
  return file;
}

}  // namespace strobe::server

#endif  // STROBE_TESTS_SERVER_SIMULATION_COST_CURVES_H_
