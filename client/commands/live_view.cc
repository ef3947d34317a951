#include "client/commands/live_view.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/call_error.h"
#include "client/commands/image_files.h"
#include "client/commands/preview.h"

namespace strobe::client {
namespace {

constexpr char kHomeAndClear[] = "\x1b[H\x1b[J";

}  // namespace

void LiveView::Typed(int64_t revision, const std::string& text) {
  absl::MutexLock lock(&mu_);
  texts_[revision] = text;
  if (options_.in_place) Redraw();
}

bool LiveView::Show(const v1::LiveImagesResponse& event) {
  absl::MutexLock lock(&mu_);
  // Texts of older revisions are not asked for any more.
  texts_.erase(texts_.begin(), texts_.lower_bound(event.revision()));
  if (event.has_error()) {
    last_status_ = StatusOf(event.error());
    note_ = DescribeCallError(DecodeCallError(last_status_));
    if (options_.in_place) {
      Redraw();
    } else {
      context_.err << "strobe-client: revision " << event.revision() << ": " << note_ << std::endl;
    }
  }
  const v1::GenerateImagesResponse& response = event.response();
  if (response.has_completed()) last_status_ = grpc::Status::OK;
  if (response.has_partial_image()) {
    return ShowPicture(event.revision(), response.partial_image(), /*partial=*/true);
  }
  return !response.has_image() || ShowPicture(event.revision(), response.image(), false);
}

bool LiveView::ShowPicture(int64_t revision, const v1::GeneratedImage& image, bool partial) {
  const std::string& text = texts_[revision];
  picture_ = DrawPreview(image, options_.style, options_.columns);
  note_ = absl::StrCat("revision ", revision, ": ", WithoutControlCharacters(text));
  if (partial) absl::StrAppend(&note_, " (step ", image.steps_done(), ")");
  if (!options_.directory.empty() && !partial) {
    const absl::StatusOr<std::string> path =
        SaveNewFile(options_.directory, absl::StrCat(Slug(text), "-", image.seed()),
                    ExtensionFor(image.mime_type()), image.data());
    if (!path.ok()) {
      file_error_ = std::string(path.status().message());
      return false;
    }
    absl::StrAppend(&note_, " -> ", *path);
  }
  if (options_.in_place) {
    Redraw();
  } else {
    context_.out << picture_ << note_ << std::endl;
  }
  return true;
}

void LiveView::Redraw() {
  const std::string typed = texts_.empty() ? "" : texts_.rbegin()->second;
  context_.out << kHomeAndClear << picture_ << note_ << "\n> " << WithoutControlCharacters(typed)
               << std::flush;
}

grpc::Status LiveView::last_status() const {
  absl::MutexLock lock(&mu_);
  return last_status_;
}

std::string LiveView::file_error() const {
  absl::MutexLock lock(&mu_);
  return file_error_;
}

}  // namespace strobe::client
