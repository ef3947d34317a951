// The stages of a model, under the names that the server uses.

#ifndef STROBE_SERVER_BATCHING_COSTS_STAGE_H_
#define STROBE_SERVER_BATCHING_COSTS_STAGE_H_

#include "model/spec/stage.h"
#include "model/spec/stage_plan.h"

namespace strobe::server {

using model::PerStage;
using model::Stage;
using model::StagePlan;
using model::StageSet;

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_COSTS_STAGE_H_
