// The events of a response stream, made from what the server knows.

#ifndef STROBE_SERVER_RPC_RESPONSE_EVENTS_H_
#define STROBE_SERVER_RPC_RESPONSE_EVENTS_H_

#include <cstdint>
#include <string>

#include <grpcpp/support/byte_buffer.h>

#include <google/rpc/status.pb.h>
#include <strobe/v1/image_generation.pb.h>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "model/spec/model_description.h"
#include "server/batching/generation_task.h"

namespace strobe::server {

// "image/png", "image/jpeg", "image/webp", "image/x-raw-rgb8".
absl::string_view MimeTypeOf(OutputFormat format);

google::protobuf::Duration ToProto(absl::Duration duration);

v1::GenerateImagesResponse AcceptedEvent(const std::string& request_id, int queue_position,
                                         absl::Duration estimated_duration);

v1::GenerateImagesResponse ProgressEvent(int index, int steps_done, int num_inference_steps);

// A partial or a final picture. `result.encoded` moves into the event; seed, size and format come
// from the request.
v1::GenerateImagesResponse PictureEvent(const GenerationRequest& request, SampleResult result);

v1::GenerateImagesResponse CompletedEvent(int num_images, absl::Duration total_duration,
                                          int denoise_steps);

// The same event of a live session.
v1::LiveImagesResponse LiveEvent(int64_t revision, v1::GenerateImagesResponse event);
v1::LiveImagesResponse LiveError(int64_t revision, const google::rpc::Status& status);

v1::Model ToProto(const model::ModelDescription& description, int max_num_images);

// The bytes of `message`, ready to be written to a raw call.
grpc::ByteBuffer Serialize(const google::protobuf::Message& message);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_RESPONSE_EVENTS_H_
