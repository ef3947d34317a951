// What ModelInfer and ModelMetadata answer.

#ifndef STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_RESPONSE_H_
#define STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_RESPONSE_H_

#include <map>
#include <optional>
#include <utility>

#include <inference/open_inference.pb.h>

#include "model/spec/model_description.h"
#include "server/rpc/open_inference/inference_request.h"
#include "server/rpc/response_format.h"

namespace strobe::server {

// The tensors of a model.
inference::ModelMetadataResponse DescribeTensors(const model::ModelDescription& model);

// Keeps the images until the request is complete, and then makes one ModelInferResponse of them.
class InferenceFormat final : public ResponseFormat {
 public:
  explicit InferenceFormat(InferenceReply reply) : reply_(std::move(reply)) {}

  std::optional<ResponseMessage> Format(ImageEvent event, const RequestRecord& record) override;

 private:
  inference::ModelInferResponse TakeResponse(const RequestRecord& record);
  void DescribeOutput(inference::ModelInferResponse::InferOutputTensor& output) const;
  void TakeContents(inference::ModelInferResponse& response);

  const InferenceReply reply_;
  std::map<int, Picture> images_;  // by index
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_RESPONSE_H_
