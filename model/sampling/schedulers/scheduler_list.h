// The list of schedulers.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_SCHEDULER_LIST_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_SCHEDULER_LIST_H_

#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/sampling/schedulers/scheduler.h"

namespace strobe::model {

// The scheduler of a scheduler_config.json. `class_name` is its class in model_index.json; when
// empty, `_class_name` of `config` counts. A missing key has the default of its class.
// INVALID_ARGUMENT names every class, option and value that is not supported, in one message; keys
// without effect are not looked at.
absl::StatusOr<std::unique_ptr<const Scheduler>> ReadSchedulerConfig(
    const nlohmann::json& config, const std::string& class_name = "");

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_SCHEDULER_LIST_H_
