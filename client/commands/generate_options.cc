#include "client/commands/generate_options.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "base/status_macros.h"
#include "client/output_format.h"
#include "workload/workload_file.h"

namespace strobe::client {
namespace {

constexpr size_t kLongestRequestId = 128;

}  // namespace

absl::StatusOr<std::pair<int, int>> ParseSize(absl::string_view text) {
  STROBE_ASSIGN_OR_RETURN(const workload::ImageSize size, workload::ParseImageSize(text));
  return std::pair(size.width, size.height);
}

bool IsRequestId(absl::string_view text) {
  return !text.empty() && text.size() <= kLongestRequestId &&
         std::all_of(text.begin(), text.end(), absl::ascii_isgraph);
}

v1::GenerateImagesRequest MakeRequest(const GenerateOptions& options, const std::string& prompt) {
  v1::GenerateImagesRequest request;
  request.set_model(options.model);
  request.set_prompt(prompt);
  request.set_negative_prompt(options.negative_prompt);
  request.set_num_images(options.num_images);
  request.set_width(options.width);
  request.set_height(options.height);
  request.set_num_inference_steps(options.steps);
  request.set_partial_images(options.partial_images);
  request.set_output_quality(options.quality);
  if (options.guidance_scale.has_value()) request.set_guidance_scale(*options.guidance_scale);
  if (options.seed.has_value()) request.set_seed(*options.seed);
  request.set_output_format(OutputFormatOf(options.format));
  if (options.best_effort) request.set_deadline_policy(v1::DEADLINE_POLICY_BEST_EFFORT);
  if (options.priority == "batch") request.set_priority(v1::PRIORITY_BATCH);
  return request;
}

}  // namespace strobe::client
