#include "client/load/pixel_check.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/load/load_request.h"
#include "model/image_io/image_codec.h"

namespace strobe::client {
namespace {

constexpr absl::Duration kAloneDeadline = absl::Minutes(1);

absl::StatusOr<model::RgbImage> Decode(const v1::GeneratedImage& image) {
  if (image.mime_type() != model::MimeType(model::ImageFormat::kRawRgb8)) {
    return model::DecodeImage(image.data());
  }
  model::RgbImage decoded{image.width(), image.height(), {}};
  decoded.pixels.assign(image.data().begin(), image.data().end());
  return decoded;
}

// The request for `image` and nothing else.
v1::GenerateImagesRequest Alone(v1::GenerateImagesRequest request,
                                const v1::GeneratedImage& image) {
  request.set_seed(image.seed());
  request.set_num_images(1);
  request.set_min_inference_steps(0);
  request.set_partial_images(0);
  request.set_deadline_policy(v1::DEADLINE_POLICY_UNSPECIFIED);
  return request;
}

void Complain(std::string problem, PixelCheckResult& result) {
  if (result.first_problem.empty()) result.first_problem = std::move(problem);
}

void Skip(std::string why, PixelCheckResult& result) {
  ++result.skipped;
  Complain(std::move(why), result);
}

// The image of a request for one; none when the server does not give it.
std::optional<v1::GeneratedImage> Make(StrobeClient& client, Canceller& canceller,
                                       const v1::GenerateImagesRequest& request,
                                       PixelCheckResult& result) {
  CallOptions call;
  call.canceller = &canceller;
  call.deadline = kAloneDeadline;
  std::optional<v1::GeneratedImage> made;
  const grpc::Status status =
      client.GenerateImages(request, call, [&](const v1::GenerateImagesResponse& event) {
        if (event.has_image()) made = event.image();
        return true;
      });
  if (!status.ok()) Skip(status.error_message(), result);
  return status.ok() ? made : std::nullopt;
}

void CheckRepeat(const v1::GeneratedImage& first, const v1::GeneratedImage& second,
                 PixelCheckResult& result) {
  const auto a = Decode(first);
  const auto b = Decode(second);
  ++result.repeated;
  if (a.ok() && b.ok() && Compare(*a, *b).largest == 0) return;
  ++result.unrepeatable;
  Complain(absl::StrCat("seed ", first.seed(), " alone gave two different images"), result);
}

void Check(const v1::GeneratedImage& loaded, const v1::GeneratedImage& alone,
           PixelCheckResult& result) {
  const auto a = Decode(loaded);
  const auto b = Decode(alone);
  ++result.checked;
  PixelDifference difference{255, 1};
  if (a.ok() && b.ok()) difference = Compare(*a, *b);
  result.identical += difference.largest == 0;
  result.worst.largest = std::max(result.worst.largest, difference.largest);
  result.worst.share = std::max(result.worst.share, difference.share);
  if (WithinTolerance(difference)) return;
  ++result.mismatched;
  Complain(absl::StrCat("seed ", loaded.seed(), " differs by up to ", difference.largest,
                        " on a share of ", difference.share, " of its values"),
           result);
}

}  // namespace

PixelDifference Compare(const model::RgbImage& a, const model::RgbImage& b) {
  if (a.width != b.width || a.height != b.height || a.pixels.size() != b.pixels.size()) {
    return {255, 1};
  }
  PixelDifference difference;
  size_t different = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const int distance = std::abs(a.pixels[i] - b.pixels[i]);
    difference.largest = std::max(difference.largest, distance);
    different += distance > 0;
  }
  if (!a.pixels.empty()) {
    difference.share = static_cast<double>(different) / static_cast<double>(a.pixels.size());
  }
  return difference;
}

bool WithinTolerance(const PixelDifference& difference) {
  return difference.largest <= kPixelTolerance.largest && difference.share <= kPixelTolerance.share;
}

PixelCheckResult CheckPixels(StrobeClient& client, Canceller& canceller,
                             const workload::Workload& workload,
                             const std::vector<LoadCall::Result>& kept) {
  PixelCheckResult result;
  for (const LoadCall::Result& each : kept) {
    const v1::GenerateImagesRequest request = MakeLoadRequest(workload, each.record.draw);
    for (const v1::GeneratedImage& image : each.images) {
      if (canceller.cancelled()) return result;
      if (image.finish_reason() != v1::FINISH_REASON_STOP) {
        Skip("an image ended early under load", result);
        continue;
      }
      const v1::GenerateImagesRequest alone = Alone(request, image);
      const auto first = Make(client, canceller, alone, result);
      if (!first.has_value()) continue;
      Check(image, *first, result);
      const auto second = Make(client, canceller, alone, result);
      if (second.has_value()) CheckRepeat(*first, *second, result);
    }
  }
  return result;
}

}  // namespace strobe::client
