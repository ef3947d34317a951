#include "server/admission/admission_request.h"

namespace strobe::server {

WaitingSample AsWaiting(const AdmissionRequest& request) {
  WaitingSample sample;
  sample.key = request.key;
  sample.siblings = request.num_samples;
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
  return Forecast(request, scheduler.load(), wait, scheduler.costs(), scheduler.max_batch_size());
}

LoadForecast Forecast(const AdmissionRequest& request, const BatcherLoad& present,
                      absl::Duration wait, const DeviceCosts& costs, int max_batch_size) {
  const auto alone = [&](int steps, CostBasis basis) {
    return costs.PredictTogether(request.key, StagePlan(request.stages, steps), request.num_samples,
                                 max_batch_size, basis);
  };
  return {present, wait, alone(request.denoise_steps, CostBasis::kMean),
          alone(request.least_denoise_steps, CostBasis::kBest)};
}

}  // namespace strobe::server
