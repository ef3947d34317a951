// Step rules of every kind, for tests that compare one way to take steps with another.

#ifndef STROBE_TESTS_MODEL_SAMPLING_STEP_RULES_H_
#define STROBE_TESTS_MODEL_SAMPLING_STEP_RULES_H_

#include <cmath>
#include <vector>

#include "model/sampling/few_step_sampler.h"

namespace strobe::model {

inline NoiseLevel LevelOf(double alpha_cumprod) {
  return {std::sqrt(alpha_cumprod), std::sqrt(1.0 - alpha_cumprod)};
}

inline StepTable TwoSteps(PredictionType type, double rho) {
  StepTable table;
  table.prediction_type = type;
  table.rows.resize(2);
  table.rows[0].level = LevelOf(0.0047);
  table.rows[0].next = LevelOf(0.28);
  table.rows[0].rho = rho;
  table.rows[1].level = LevelOf(0.28);
  table.rows[1].rho = rho;
  return table;
}

// Every prediction type without, with some and with nothing but fresh noise, each as a last step
// and as a first one with noise correction; some are clipped or have a boundary condition.
inline std::vector<StepRule> RulesOfEveryKind() {
  std::vector<StepRule> rules;
  for (const PredictionType type :
       {PredictionType::kEpsilon, PredictionType::kSample, PredictionType::kVPrediction}) {
    for (const double rho : {0.0, 0.6, 1.0}) {
      StepTable table = TwoSteps(type, rho);
      rules.push_back(RuleOfStep(table, 1));
      table.noise_correction = true;
      table.clip_sample = rho == 0.6;
      rules.push_back(RuleOfStep(table, 0));
      rules.back().row.skip_scale = rho == 1.0 ? 0.1 : 0.0;
    }
  }
  return rules;
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_SAMPLING_STEP_RULES_H_
