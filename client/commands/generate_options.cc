#include "client/commands/generate_options.h"

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace strobe::client {
namespace {

v1::OutputFormat FormatOf(absl::string_view name) {
  if (name == "jpeg" || name == "jpg") return v1::OUTPUT_FORMAT_JPEG;
  if (name == "webp") return v1::OUTPUT_FORMAT_WEBP;
  if (name == "raw") return v1::OUTPUT_FORMAT_RAW_RGB8;
  return v1::OUTPUT_FORMAT_PNG;
}

}  // namespace

absl::StatusOr<std::pair<int, int>> ParseSize(absl::string_view text) {
  const size_t cross = text.find('x');
  const absl::string_view first = text.substr(0, cross);
  const absl::string_view second =
      cross == absl::string_view::npos ? first : text.substr(cross + 1);
  int width = 0;
  int height = 0;
  if (!absl::SimpleAtoi(first, &width) || !absl::SimpleAtoi(second, &height) || width < 1 ||
      height < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no size in pixels: write 128x96, or 128 for a square"));
  }
  return std::pair(width, height);
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
  request.set_output_format(FormatOf(options.format));
  if (options.best_effort) request.set_deadline_policy(v1::DEADLINE_POLICY_BEST_EFFORT);
  if (options.priority == "batch") request.set_priority(v1::PRIORITY_BATCH);
  return request;
}

}  // namespace strobe::client
