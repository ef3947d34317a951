// From a scheduler to the step table of one run.

#ifndef STROBE_MODEL_SAMPLING_STEP_TABLE_BUILDER_H_
#define STROBE_MODEL_SAMPLING_STEP_TABLE_BUILDER_H_

#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/sampling/noise_schedule.h"
#include "model/sampling/schedulers/scheduler.h"
#include "model/sampling/step_table_request.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// Turns requests into step tables by the rules of one scheduler. Immutable, thread-safe; copies
// share the scheduler.
class StepTableBuilder {
 public:
  // From a scheduler_config.json; the rest is as ReadSchedulerConfig has it.
  static absl::StatusOr<StepTableBuilder> FromJson(const nlohmann::json& config,
                                                   const std::string& class_name = "");

  // INVALID_ARGUMENT names the key of the noise schedule that is not supported.
  static absl::StatusOr<StepTableBuilder> Create(std::shared_ptr<const Scheduler> scheduler);

  // INVALID_ARGUMENT says what of the request the scheduler cannot do: too many steps, labels that
  // do not descend, are out of range or not whole, eta out of range, epsilon prediction at zero
  // signal-to-noise ratio.
  absl::StatusOr<StepTable> Build(const StepTableRequest& request) const;

  const Scheduler& scheduler() const { return *scheduler_; }

 private:
  StepTableBuilder(std::shared_ptr<const Scheduler> scheduler, NoiseSchedule schedule)
      : scheduler_(std::move(scheduler)), schedule_(std::move(schedule)) {}

  absl::Status CheckRequest(const StepTableRequest& request) const;

  std::shared_ptr<const Scheduler> scheduler_;
  NoiseSchedule schedule_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_STEP_TABLE_BUILDER_H_
