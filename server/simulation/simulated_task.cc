#include "server/simulation/simulated_task.h"

namespace strobe::server {

GenerationRequest SimulatedTask::RequestOf(const SimulatedRequest& asked, absl::Time deadline) {
  const AdmissionRequest& admission = asked.admission;
  GenerationRequest request;
  request.caller = admission.caller;
  request.model = asked.model;
  request.samples.resize(admission.num_samples);
  for (model::GenerationSpec& spec : request.samples) {
    spec.width = admission.key.width;
    spec.height = admission.key.height;
    spec.num_inference_steps = admission.denoise_steps;
  }
  request.stages = admission.stages;
  request.min_inference_steps = asked.min_denoise_steps;
  request.priority = asked.priority;
  request.deadline_policy = asked.best_effort ? DeadlinePolicy::kBestEffort : DeadlinePolicy::kFail;
  request.arrival = admission.arrival;
  request.deadline = deadline;
  request.delivery = admission.delivery;
  return request;
}

}  // namespace strobe::server
