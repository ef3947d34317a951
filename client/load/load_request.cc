#include "client/load/load_request.h"

#include "client/output_format.h"

namespace strobe::client {

v1::GenerateImagesRequest MakeLoadRequest(const workload::Workload& workload,
                                          const workload::RequestDraw& draw) {
  const workload::RequestClass& kind = workload.class_of(draw);
  v1::GenerateImagesRequest request;
  request.set_model(kind.model);
  request.set_prompt(kind.prompts[draw.prompt_index]);
  request.set_negative_prompt(kind.negative_prompt);
  request.set_num_images(kind.num_images);
  request.set_width(draw.size.width);
  request.set_height(draw.size.height);
  request.set_num_inference_steps(draw.steps);
  request.set_min_inference_steps(kind.min_steps);
  request.set_partial_images(kind.partial_images);
  request.set_output_quality(kind.quality);
  if (kind.guidance_scale.has_value()) request.set_guidance_scale(*kind.guidance_scale);
  request.set_seed(draw.seed);
  request.set_output_format(OutputFormatOf(kind.format));
  if (kind.best_effort) request.set_deadline_policy(v1::DEADLINE_POLICY_BEST_EFFORT);
  if (kind.batch_priority) request.set_priority(v1::PRIORITY_BATCH);
  return request;
}

}  // namespace strobe::client
