#include "client/commands/generation_run.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/stopwatch.h"
#include "client/call_error.h"
#include "client/commands/image_files.h"
#include "client/commands/preview.h"

namespace strobe::client {
namespace {

constexpr char kClearLine[] = "\r\x1b[K";
constexpr size_t kLongestProgress = 78;

absl::Duration ToDuration(const google::protobuf::Duration& proto) {
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

}  // namespace

GenerationRun::GenerationRun(const GenerateOptions& options, PreviewStyle preview, int columns,
                             CommandContext& context)
    : options_(options), preview_(preview), columns_(columns), context_(context) {}

GenerationReport GenerationRun::Run(const std::string& prompt) {
  report_.prompt = prompt;
  CallOptions call;
  if (options_.deadline > absl::ZeroDuration()) call.deadline = options_.deadline;
  call.request_id = options_.request_id;
  call.canceller = &context_.canceller;
  ShowProgress("waiting for the server");
  const Stopwatch watch;
  report_.status = context_.client.GenerateImages(
      MakeRequest(options_, prompt), call,
      [this](const v1::GenerateImagesResponse& event) { return OnEvent(event); });
  report_.round_trip = watch.Elapsed();
  ClearProgress();
  std::sort(
      report_.images.begin(), report_.images.end(),
      [](const SavedImage& a, const SavedImage& b) { return a.image.index() < b.image.index(); });
  return std::move(report_);
}

bool GenerationRun::OnEvent(const v1::GenerateImagesResponse& event) {
  switch (event.event_case()) {
    case v1::GenerateImagesResponse::kAccepted: {
      const v1::Accepted& accepted = event.accepted();
      report_.request_id = accepted.request_id();
      ShowProgress(
          absl::StrFormat("accepted; %d waiting before it, about %.1f s", accepted.queue_position(),
                          absl::ToDoubleSeconds(ToDuration(accepted.estimated_duration()))));
      return true;
    }
    case v1::GenerateImagesResponse::kProgress: {
      const v1::Progress& progress = event.progress();
      ShowProgress(absl::StrFormat("image %d: step %d of %d", progress.index() + 1,
                                   progress.steps_done(), progress.num_inference_steps()));
      return true;
    }
    case v1::GenerateImagesResponse::kPartialImage:
      return OnImage(event.partial_image(), /*partial=*/true);
    case v1::GenerateImagesResponse::kImage:
      return OnImage(event.image(), /*partial=*/false);
    case v1::GenerateImagesResponse::kCompleted:
      report_.server_total = ToDuration(event.completed().total_duration());
      return true;
    case v1::GenerateImagesResponse::EVENT_NOT_SET:
      return true;  // an event of a newer server
  }
  return true;
}

bool GenerationRun::OnImage(const v1::GeneratedImage& image, bool partial) {
  std::string stem = absl::StrCat(Slug(report_.prompt), "-", image.seed());
  if (partial) absl::StrAppend(&stem, "-step", image.steps_done());
  const absl::StatusOr<std::string> path =
      SaveNewFile(options_.output, stem, ExtensionFor(image.mime_type()), image.data());
  if (!path.ok()) {
    report_.file_error = std::string(path.status().message());
    return false;
  }
  SavedImage saved{*path, image.data().size(), image};
  saved.image.clear_data();
  (partial ? report_.partial_images : report_.images).push_back(std::move(saved));
  if (options_.json) return true;
  ClearProgress();
  context_.out << DrawPreview(image, preview_, columns_) << *path << std::endl;
  return true;
}

void GenerationRun::ShowProgress(const std::string& text) {
  if (!context_.err_is_terminal || options_.quiet) return;
  const std::string line =
      absl::StrCat(WithoutControlCharacters(report_.prompt).substr(0, 40), ": ", text);
  context_.err << kClearLine << line.substr(0, kLongestProgress) << std::flush;
  progress_shown_ = true;
}

void GenerationRun::ClearProgress() {
  if (progress_shown_) context_.err << kClearLine << std::flush;
  progress_shown_ = false;
}

}  // namespace strobe::client
