#include "server/admission/admission_request.h"

namespace strobe::server {

absl::Duration PredictRequest(const CostModel& cost_model, const BatchKey& key, int denoise_steps,
                              int num_samples, CostBasis basis) {
  return cost_model.PredictSample(key, denoise_steps, basis) +
         (num_samples - 1) * cost_model.PredictAmortized(key, denoise_steps, basis);
}

LoadForecast Forecast(const AdmissionRequest& request, const BatcherLoad& present,
                      const CostModel& costs) {
  return {present, PredictRequest(costs, request.key, request.denoise_steps, request.num_samples),
          PredictRequest(costs, request.key, request.least_denoise_steps, request.num_samples,
                         CostBasis::kBest)};
}

}  // namespace strobe::server
