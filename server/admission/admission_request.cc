#include "server/admission/admission_request.h"

namespace strobe::server {

absl::Duration PredictRequest(const CostModel& cost_model, const BatchKey& key, int denoise_steps,
                              int num_samples, CostBasis basis) {
  return cost_model.PredictSample(key, denoise_steps, basis) +
         (num_samples - 1) * cost_model.PredictAmortized(key, denoise_steps, basis);
}

WaitingSample AsWaiting(const AdmissionRequest& request) {
  WaitingSample sample;
  sample.key = request.key;
  sample.steps_left = request.denoise_steps;
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
  return {present, wait,
          PredictRequest(costs, request.key, request.denoise_steps, request.num_samples),
          PredictRequest(costs, request.key, request.least_denoise_steps, request.num_samples,
                         CostBasis::kBest)};
}

}  // namespace strobe::server
