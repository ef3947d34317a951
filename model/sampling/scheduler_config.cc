#include "model/sampling/scheduler_config.h"

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr int kLargestInteger = 1000000;

// Reads keys with their defaults and remembers every problem.
class ConfigReader {
 public:
  explicit ConfigReader(const json& config) : config_(config) {}

  void Read(const char* key, bool& value) {
    if (const json* found = Find(key)) {
      if (!found->is_boolean()) return Complain(key, "must be true or false");
      value = found->get<bool>();
    }
  }

  void Read(const char* key, int low, int& value) {
    if (const json* found = Find(key)) {
      const bool fits = found->is_number_integer() && found->get<int64_t>() >= low &&
                        found->get<int64_t>() <= kLargestInteger;
      if (!fits) {
        return Complain(key,
                        absl::StrCat("must be an integer from ", low, " to ", kLargestInteger));
      }
      value = found->get<int>();
    }
  }

  void Read(const char* key, double& value) {
    if (const json* found = Find(key)) {
      if (!found->is_number()) return Complain(key, "must be a number");
      value = found->get<double>();
    }
  }

  void Read(const char* key, std::string& value) {
    if (const json* found = Find(key)) {
      if (!found->is_string()) return Complain(key, "must be a string");
      value = found->get<std::string>();
    }
  }

  // One of `choices`; `value` stays when the key is missing.
  template <typename T>
  void ReadChoice(const char* key, std::initializer_list<std::pair<const char*, T>> choices,
                  T& value) {
    const json* found = Find(key);
    if (found == nullptr) return;
    std::vector<std::string> names;
    for (const auto& [name, choice] : choices) {
      if (found->is_string() && found->get<std::string>() == name) {
        value = choice;
        return;
      }
      names.push_back(name);
    }
    Complain(key, absl::StrCat("is ", found->dump(), ", supported: ", absl::StrJoin(names, ", ")));
  }

  // An option that we do not have: only absent, null, false or `neutral` pass.
  void Refuse(const char* key, const json& neutral = false) {
    const json* found = Find(key);
    if (found != nullptr && *found != neutral) {
      Complain(key, absl::StrCat("is ", found->dump(), ", which is not supported"));
    }
  }

  absl::Status Finish() const {
    if (problems_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("scheduler_config.json: ", absl::StrJoin(problems_, "; ")));
  }

 private:
  // Null counts as missing.
  const json* Find(const char* key) const {
    const auto found = config_.find(key);
    return found == config_.end() || found->is_null() ? nullptr : &*found;
  }

  void Complain(absl::string_view key, absl::string_view what) {
    problems_.push_back(absl::StrCat("'", key, "' ", what));
  }

  const json& config_;
  std::vector<std::string> problems_;
};

constexpr std::pair<const char*, SchedulerClass> kClasses[] = {
    {"EulerDiscreteScheduler", SchedulerClass::kEulerDiscrete},
    {"EulerAncestralDiscreteScheduler", SchedulerClass::kEulerAncestral},
    {"DDIMScheduler", SchedulerClass::kDdim},
    {"LCMScheduler", SchedulerClass::kLcm},
    {"TimestepShiftLCMScheduler", SchedulerClass::kLcm},
    {"TCDScheduler", SchedulerClass::kTcd},
    {"FlowMatchEulerDiscreteScheduler", SchedulerClass::kFlowMatchEuler},
    {"SCMScheduler", SchedulerClass::kScm}};

absl::StatusOr<SchedulerClass> ParseClass(absl::string_view name) {
  std::vector<std::string> names;
  for (const auto& [known, scheduler_class] : kClasses) {
    if (name == known) return scheduler_class;
    names.push_back(known);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("scheduler_config.json: scheduler class '", name,
                   "' is not supported, supported: ", absl::StrJoin(names, ", ")));
}

// The defaults of the class constructors, where they differ.
SchedulerConfig DefaultsOf(SchedulerClass scheduler_class) {
  SchedulerConfig config;
  config.scheduler_class = scheduler_class;
  switch (scheduler_class) {
    case SchedulerClass::kEulerDiscrete:
    case SchedulerClass::kEulerAncestral:
      config.timestep_spacing = TimestepSpacing::kLinspace;
      break;
    case SchedulerClass::kDdim:
      config.clip_sample = true;
      break;
    case SchedulerClass::kLcm:
    case SchedulerClass::kTcd:
      config.noise.beta_start = 0.00085;
      config.noise.beta_end = 0.012;
      config.noise.beta_schedule = "scaled_linear";
      break;
    case SchedulerClass::kFlowMatchEuler:
      config.prediction_type = PredictionType::kFlow;
      break;
    case SchedulerClass::kScm:
      config.prediction_type = PredictionType::kTrigFlow;
      break;
  }
  return config;
}

void ReadCommon(ConfigReader& reader, SchedulerConfig& config) {
  reader.Read("num_train_timesteps", 2, config.noise.num_train_timesteps);
  reader.Read("beta_start", config.noise.beta_start);
  reader.Read("beta_end", config.noise.beta_end);
  reader.Read("beta_schedule", config.noise.beta_schedule);
  reader.Read("rescale_betas_zero_snr", config.noise.rescale_betas_zero_snr);
  reader.Refuse("trained_betas");
  reader.ReadChoice<PredictionType>("prediction_type",
                                    {{"epsilon", PredictionType::kEpsilon},
                                     {"sample", PredictionType::kSample},
                                     {"v_prediction", PredictionType::kVPrediction}},
                                    config.prediction_type);
  reader.Read("steps_offset", 0, config.steps_offset);
  reader.ReadChoice<TimestepSpacing>("timestep_spacing",
                                     {{"linspace", TimestepSpacing::kLinspace},
                                      {"leading", TimestepSpacing::kLeading},
                                      {"trailing", TimestepSpacing::kTrailing}},
                                     config.timestep_spacing);
}

void ReadEuler(ConfigReader& reader, SchedulerConfig& config) {
  reader.Refuse("use_karras_sigmas");
  reader.Refuse("use_exponential_sigmas");
  reader.Refuse("use_beta_sigmas");
  reader.Refuse("timestep_type", "discrete");
  reader.ReadChoice<bool>("interpolation_type", {{"linear", false}, {"log_linear", true}},
                          config.log_linear_interpolation);
  reader.ReadChoice<bool>("final_sigmas_type", {{"zero", false}, {"sigma_min", true}},
                          config.final_sigma_is_min);
}

void ReadClipping(ConfigReader& reader, SchedulerConfig& config) {
  reader.Refuse("thresholding");
  reader.Read("clip_sample", config.clip_sample);
  reader.Read("clip_sample_range", config.clip_sample_range);
}

void ReadLcm(ConfigReader& reader, SchedulerConfig& config) {
  ReadClipping(reader, config);
  reader.Read("original_inference_steps", 1, config.original_inference_steps);
  reader.Read("timestep_scaling", config.timestep_scaling);
  reader.Read("shifted_timestep", config.shifted_timestep);
}

void ReadFlowMatch(ConfigReader& reader, SchedulerConfig& config) {
  reader.Refuse("use_karras_sigmas");
  reader.Refuse("use_exponential_sigmas");
  reader.Refuse("use_beta_sigmas");
  reader.Refuse("invert_sigmas");
  reader.Read("num_train_timesteps", 2, config.noise.num_train_timesteps);
  reader.Read("shift", config.flow_shift);
  reader.Read("use_dynamic_shifting", config.dynamic_shift);
  reader.ReadChoice<bool>("time_shift_type", {{"exponential", false}, {"linear", true}},
                          config.linear_time_shift);
  reader.Read("shift_terminal", config.shift_terminal);
  reader.Read("stochastic_sampling", config.stochastic_sampling);
}

void ReadScm(ConfigReader& reader, SchedulerConfig& config) {
  reader.Refuse("prediction_type", "trigflow");
  reader.Read("num_train_timesteps", 2, config.noise.num_train_timesteps);
  reader.Read("sigma_data", config.sigma_data);
}

void ReadKeysOfClass(ConfigReader& reader, SchedulerConfig& config) {
  if (!config.is_flow()) ReadCommon(reader, config);
  switch (config.scheduler_class) {
    case SchedulerClass::kEulerDiscrete:
      return ReadEuler(reader, config);
    case SchedulerClass::kEulerAncestral:
      if (config.prediction_type != PredictionType::kSample) return;
      return reader.Refuse("prediction_type");  // diffusers has no rule for it either
    case SchedulerClass::kDdim:
      ReadClipping(reader, config);
      return reader.Read("set_alpha_to_one", config.set_alpha_to_one);
    case SchedulerClass::kLcm:
      return ReadLcm(reader, config);
    case SchedulerClass::kTcd:  // its step neither clips nor thresholds, whatever the config says
      return reader.Read("original_inference_steps", 1, config.original_inference_steps);
    case SchedulerClass::kFlowMatchEuler:
      return ReadFlowMatch(reader, config);
    case SchedulerClass::kScm:
      return ReadScm(reader, config);
  }
}

}  // namespace

absl::StatusOr<SchedulerConfig> SchedulerConfig::FromJson(const json& config,
                                                          const std::string& class_name) {
  if (!config.is_object()) {
    return absl::InvalidArgumentError("scheduler_config.json: must be a JSON object");
  }
  std::string name = class_name;
  if (const auto found = config.find("_class_name"); name.empty() && found != config.end()) {
    name = found->is_string() ? found->get<std::string>() : found->dump();
  }
  const absl::StatusOr<SchedulerClass> scheduler_class = ParseClass(name);
  if (!scheduler_class.ok()) return scheduler_class.status();
  SchedulerConfig result = DefaultsOf(*scheduler_class);
  ConfigReader reader(config);
  ReadKeysOfClass(reader, result);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  return result;
}

}  // namespace strobe::model
