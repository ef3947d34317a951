// A scheduler class of diffusers: the keys that it reads and the step rows that it makes of them.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_SCHEDULER_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_SCHEDULER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/json_reader.h"
#include "model/sampling/noise_schedule.h"
#include "model/sampling/step_table_request.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// The options of one scheduler_config.json. A class reads them in its constructor, with the
// defaults of its own. Immutable, thread-safe.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  // True for levels of alpha = 1 - sigma or of angles, which have no betas.
  virtual bool is_flow() const { return false; }

  // What determines the noise schedule. A flow has no betas, but as many timesteps.
  const NoiseScheduleConfig& noise() const { return noise_; }
  PredictionType prediction_type() const { return prediction_type_; }

  // The most steps that it chooses labels for by itself.
  virtual int max_own_steps() const { return noise_.num_train_timesteps; }

  // Makes of `schedule` what the class makes of it. INVALID_ARGUMENT names keys that contradict
  // each other.
  virtual absl::Status Adjust(NoiseSchedule& /*schedule*/) const { return absl::OkStatus(); }

  // Appends the rows of `request`, whose step count and eta are in range, and sets what else of
  // `table` depends on the class. INVALID_ARGUMENT says what it cannot do.
  virtual absl::Status Fill(const NoiseSchedule& schedule, const StepTableRequest& request,
                            StepTable& table) const = 0;

 protected:
  NoiseScheduleConfig noise_;
  PredictionType prediction_type_ = PredictionType::kEpsilon;
};

// What an integer of a config may be at most.
inline constexpr int kLargestInteger = 1000000;

// A row of the list of schedulers: how model_index.json calls the class, and who reads its keys.
struct SchedulerClass {
  absl::string_view name;
  std::unique_ptr<const Scheduler> (*read)(JsonReader& reader);
};

// For SchedulerClass::read.
template <typename Class>
std::unique_ptr<const Scheduler> ReadScheduler(JsonReader& reader) {
  return std::make_unique<const Class>(reader);
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_SCHEDULER_H_
