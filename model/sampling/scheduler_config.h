// `scheduler_config.json`: which sampler a checkpoint was distilled for, with diffusers' defaults.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULER_CONFIG_H_
#define STROBE_MODEL_SAMPLING_SCHEDULER_CONFIG_H_

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/sampling/noise_schedule.h"
#include "model/spec/step_table.h"

namespace strobe::model {

enum class SchedulerClass {
  kEulerDiscrete,
  kEulerAncestral,
  kDdim,
  kLcm,
  kTcd,
  kFlowMatchEuler,  // for transformer denoisers
  kScm              // the same
};
enum class TimestepSpacing { kLinspace, kLeading, kTrailing };

// The keys that change the numbers; the values here are placeholders until FromJson has put in the
// defaults of the class.
struct SchedulerConfig {
  SchedulerClass scheduler_class = SchedulerClass::kDdim;
  NoiseScheduleConfig noise;
  PredictionType prediction_type = PredictionType::kEpsilon;
  TimestepSpacing timestep_spacing = TimestepSpacing::kLeading;
  int steps_offset = 0;
  bool clip_sample = false;
  double clip_sample_range = 1.0;
  bool set_alpha_to_one = true;           // DDIM: the last step ends at abar 1, else at abar_0
  int original_inference_steps = 50;      // LCM, TCD
  double timestep_scaling = 10.0;         // LCM
  double shifted_timestep = 0.0;          // LCM of NitroFusion; 0: labels are noise levels
  bool log_linear_interpolation = false;  // Euler: interpolation_type
  bool final_sigma_is_min = false;        // Euler: final_sigmas_type "sigma_min"
  double flow_shift = 1.0;                // FlowMatchEuler: shift
  bool dynamic_shift = false;             // FlowMatchEuler: use_dynamic_shifting
  bool linear_time_shift = false;         // FlowMatchEuler: time_shift_type
  double shift_terminal = 0.0;            // FlowMatchEuler; 0: none
  bool stochastic_sampling = false;       // FlowMatchEuler
  double sigma_data = 0.5;                // SCM

  // True for the schedulers whose levels are alpha = 1 - sigma or angles, without betas.
  bool is_flow() const {
    return scheduler_class == SchedulerClass::kFlowMatchEuler ||
           scheduler_class == SchedulerClass::kScm;
  }

  // `class_name` is the scheduler's class in model_index.json; when empty, `_class_name` of
  // `config` counts. A missing key has the default of its class. INVALID_ARGUMENT names every
  // class, option and value that is not supported, in one message; keys without effect are not
  // looked at.
  static absl::StatusOr<SchedulerConfig> FromJson(const nlohmann::json& config,
                                                  const std::string& class_name = "");
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULER_CONFIG_H_
