// Events and models -> messages of strobe.v1.

#ifndef STROBE_SERVER_RPC_STROBE_V1_EVENT_MESSAGES_H_
#define STROBE_SERVER_RPC_STROBE_V1_EVENT_MESSAGES_H_

#include <cstdint>

#include <google/rpc/status.pb.h>
#include <strobe/v1/image_generation.pb.h>

#include "model/spec/model_description.h"
#include "server/requests/image_event.h"

namespace strobe::server {

// `event` as a message. The encoded picture moves into it.
v1::GenerateImagesResponse ToMessage(ImageEvent event);

// An event of a live text, and an error that ends one of its revisions.
v1::LiveImagesResponse ToLiveMessage(int64_t revision, ImageEvent event);
v1::LiveImagesResponse ToLiveMessage(int64_t revision, const google::rpc::Status& error);

v1::Model ToMessage(const model::ModelDescription& description, int max_num_images);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_STROBE_V1_EVENT_MESSAGES_H_
