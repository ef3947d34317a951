#include "model/sampling/schedulers/scheduler_list.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "model/sampling/schedulers/ddim_scheduler.h"
#include "model/sampling/schedulers/euler_ancestral_scheduler.h"
#include "model/sampling/schedulers/euler_discrete_scheduler.h"
#include "model/sampling/schedulers/flow_match_euler_scheduler.h"
#include "model/sampling/schedulers/lcm_scheduler.h"
#include "model/sampling/schedulers/scm_scheduler.h"
#include "model/sampling/schedulers/tcd_scheduler.h"

namespace strobe::model {
namespace {

constexpr SchedulerClass kSchedulers[] = {
    {"EulerDiscreteScheduler", ReadScheduler<EulerDiscreteScheduler>},
    {"EulerAncestralDiscreteScheduler", ReadScheduler<EulerAncestralScheduler>},
    {"DDIMScheduler", ReadScheduler<DdimScheduler>},
    {"LCMScheduler", ReadScheduler<LcmScheduler>},
    {"TimestepShiftLCMScheduler", ReadScheduler<LcmScheduler>},
    {"TCDScheduler", ReadScheduler<TcdScheduler>},
    {"FlowMatchEulerDiscreteScheduler", ReadScheduler<FlowMatchEulerScheduler>},
    {"SCMScheduler", ReadScheduler<ScmScheduler>},
};

absl::StatusOr<SchedulerClass> FindScheduler(absl::string_view name) {
  std::vector<absl::string_view> names;
  for (const SchedulerClass& known : kSchedulers) {
    if (known.name == name) return known;
    names.push_back(known.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("scheduler_config.json: scheduler class '", name,
                   "' is not supported, supported: ", absl::StrJoin(names, ", ")));
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Scheduler>> ReadSchedulerConfig(
    const nlohmann::json& config, const std::string& class_name) {
  JsonReader reader("scheduler_config.json", config, JsonReader::Null::kIsMissing);
  STROBE_RETURN_IF_ERROR(reader.status());
  std::string name = class_name;
  if (const auto found = config.find("_class_name"); name.empty() && found != config.end()) {
    name = found->is_string() ? found->get<std::string>() : found->dump();
  }
  STROBE_ASSIGN_OR_RETURN(const SchedulerClass scheduler_class, FindScheduler(name));
  std::unique_ptr<const Scheduler> scheduler = scheduler_class.read(reader);
  STROBE_RETURN_IF_ERROR(reader.status());
  return scheduler;
}

}  // namespace strobe::model
