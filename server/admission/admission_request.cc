#include "server/admission/admission_request.h"

namespace strobe::server {

absl::Duration PredictRequest(const CostModel& cost_model, const BatchKey& key,
                              const StagePlan& plan, int num_samples, CostBasis basis) {
  return cost_model.PredictSample(key, plan, basis) +
         (num_samples - 1) * cost_model.PredictAmortized(key, plan, basis);
}

LoadForecast Forecast(const AdmissionRequest& request, const BatcherLoad& present,
                      const CostModel& costs) {
  const StagePlan plan(request.stages, request.denoise_steps);
  const StagePlan least = plan.WithSteps(request.least_denoise_steps);
  return {present, PredictRequest(costs, request.key, plan, request.num_samples),
          PredictRequest(costs, request.key, least, request.num_samples, CostBasis::kBest)};
}

}  // namespace strobe::server
