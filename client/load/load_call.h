// One request of a load on its way.

#ifndef STROBE_CLIENT_LOAD_LOAD_CALL_H_
#define STROBE_CLIENT_LOAD_LOAD_CALL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/stopwatch.h"
#include "client/load/request_record.h"
#include "strobe/v1/image_generation.grpc.pb.h"

namespace strobe::client {

// A GenerateImages call over the callback API that notes what comes when. No thread waits for it.
// Made and started by one thread; then gRPC's threads own its state until it has ended.
class LoadCall final : public grpc::ClientReadReactor<v1::GenerateImagesResponse> {
 public:
  // What a call leaves behind.
  struct Result {
    RequestRecord record;
    // The pictures, when they were to be kept.
    std::vector<v1::GeneratedImage> images;
  };
  // Hears of the end of its calls, on one of gRPC's threads, and may destroy them then.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnCallEnd(LoadCall& call) = 0;
  };

  // `record` says what was drawn and when it was to be sent. `stopwatch` and `owner` must outlive
  // the call.
  LoadCall(const Stopwatch& stopwatch, v1::GenerateImagesRequest request, RequestRecord record,
           bool keep_images, Owner& owner);

  // To be called once. The deadline is from now; infinite: none. `authorization` is the header's
  // value; empty: none.
  void Start(v1::ImageGenerationService::Stub& stub, absl::Duration deadline,
             const std::string& authorization);

  // The caller leaves. Thread-safe, while the call is alive.
  void Cancel() { context_.TryCancel(); }

  const RequestRecord& record() const { return result_.record; }
  bool keeps_images() const { return keep_images_; }
  // For OnCallEnd.
  Result TakeResult() { return std::move(result_); }

 private:
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  void OnImage(const v1::GeneratedImage& image, absl::Duration now);
  void OnPartialImage(const v1::GeneratedImage& image, absl::Duration now);

  const Stopwatch& stopwatch_;
  const v1::GenerateImagesRequest request_;
  const bool keep_images_;
  Owner& owner_;
  grpc::ClientContext context_;
  v1::GenerateImagesResponse response_;
  bool completed_ = false;
  Result result_;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_LOAD_CALL_H_
