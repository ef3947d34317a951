#include "server/admission/admission_request.h"

namespace strobe::server {

absl::Duration PredictRequest(const CostModel& cost_model, const BatchKey& key,
                              const StagePlan& plan, int num_samples, CostBasis basis) {
  return cost_model.PredictSample(key, plan, basis) +
         (num_samples - 1) * cost_model.PredictAmortized(key, plan, basis);
}

WaitingSample AsWaiting(const AdmissionRequest& request) {
  WaitingSample sample;
  sample.key = request.key;
  sample.plan = StagePlan(request.stages, request.denoise_steps);
  sample.least_steps_left = request.least_denoise_steps;
  sample.priority = request.batch_priority ? Priority::kBatch : Priority::kInteractive;
  sample.arrival = request.arrival;
  sample.due = request.deadline - request.delivery;
  return sample;
}

LoadForecast Forecast(const AdmissionRequest& request, const BatchScheduler& scheduler,
                      absl::Time now) {
  const absl::Duration wait =
      scheduler.PredictWait(AsWaiting(request), request.num_samples, request.caller, now);
  return Forecast(request, scheduler.load(), wait, scheduler.costs());
}

LoadForecast Forecast(const AdmissionRequest& request, const BatcherLoad& present,
                      absl::Duration wait, const CostModel& costs) {
  const StagePlan plan(request.stages, request.denoise_steps);
  const StagePlan least = plan.WithSteps(request.least_denoise_steps);
  return {present, wait, PredictRequest(costs, request.key, plan, request.num_samples),
          PredictRequest(costs, request.key, least, request.num_samples, CostBasis::kBest)};
}

}  // namespace strobe::server
