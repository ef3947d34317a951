#include "server/rpc/open_inference/inference_response.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/spec/image_format.h"
#include "server/rpc/message_parser.h"

namespace strobe::server {
namespace {

using inference::ModelInferResponse;
using inference::ModelMetadataResponse;
using OutputTensor = ModelInferResponse::InferOutputTensor;

constexpr char kPlatform[] = "strobe_diffusers";  // <project>_<format>

void AddTensor(google::protobuf::RepeatedPtrField<ModelMetadataResponse::TensorMetadata>& tensors,
               const char* name, const char* datatype, const std::vector<int64_t>& shape) {
  ModelMetadataResponse::TensorMetadata& tensor = *tensors.Add();
  tensor.set_name(name);
  tensor.set_datatype(datatype);
  tensor.mutable_shape()->Assign(shape.begin(), shape.end());
}

// `data` behind its length in four bytes, little-endian.
void AppendElement(const std::string& data, std::string& raw) {
  for (int shift = 0; shift < 32; shift += 8)
    raw.push_back(static_cast<char>(data.size() >> shift));
  raw.append(data);
}

}  // namespace

ModelMetadataResponse DescribeTensors(const model::ModelDescription& model) {
  ModelMetadataResponse response;
  response.set_name(model.name);
  response.add_versions(std::string(kModelVersion));
  response.set_platform(kPlatform);
  AddTensor(*response.mutable_inputs(), kPrompt, "BYTES", {-1});
  AddTensor(*response.mutable_inputs(), kNegativePrompt, "BYTES", {-1});
  AddTensor(*response.mutable_outputs(), kImage, "UINT8", {-1, -1, -1, 3});
  AddTensor(*response.mutable_outputs(), kEncodedImage, "BYTES", {-1});
  return response;
}

std::optional<ResponseMessage> InferenceFormat::Format(ImageEvent event,
                                                       const RequestRecord& record) {
  if (Picture* const picture = std::get_if<Picture>(&event)) {
    if (!picture->result.partial) images_[picture->result.index] = std::move(*picture);
  }
  if (!std::holds_alternative<Completed>(event)) return {};
  const int images = static_cast<int>(images_.size());
  return ResponseMessage{Serialize(TakeResponse(record)), images};
}

ModelInferResponse InferenceFormat::TakeResponse(const RequestRecord& record) {
  ModelInferResponse response;
  response.set_model_name(record.model);
  response.set_model_version(kModelVersion);
  response.set_id(reply_.id);
  int steps_done = images_.begin()->second.result.steps_done;
  bool truncated = false;
  for (const auto& [index, image] : images_) {
    steps_done = std::min(steps_done, image.result.steps_done);
    truncated = truncated || image.result.prompt_truncated;
  }
  auto& parameters = *response.mutable_parameters();
  parameters["seed"].set_uint64_param(images_.begin()->second.seed);
  parameters["steps_done"].set_int64_param(steps_done);
  parameters["prompt_truncated"].set_bool_param(truncated);
  parameters["request_id"].set_string_param(record.request_id);
  DescribeOutput(*response.add_outputs());
  TakeContents(response);
  return response;
}

void InferenceFormat::DescribeOutput(OutputTensor& output) const {
  const Picture& first = images_.begin()->second;
  output.set_name(reply_.files ? kEncodedImage : kImage);
  output.set_datatype(reply_.files ? "BYTES" : "UINT8");
  output.add_shape(static_cast<int64_t>(images_.size()));
  if (reply_.files) {
    (*output.mutable_parameters())["mime_type"].set_string_param(
        std::string(model::MimeType(first.format)));
  } else {
    for (const int side : {first.height, first.width, 3}) output.add_shape(side);
  }
}

void InferenceFormat::TakeContents(ModelInferResponse& response) {
  std::string* const raw = reply_.raw ? response.add_raw_output_contents() : nullptr;
  inference::InferTensorContents* const typed =
      reply_.raw ? nullptr : response.mutable_outputs(0)->mutable_contents();
  for (auto& [index, image] : images_) {
    const std::string data = std::move(image.result.encoded);
    if (raw != nullptr && reply_.files) {
      AppendElement(data, *raw);
    } else if (raw != nullptr) {
      raw->append(data);
    } else if (reply_.files) {
      typed->add_bytes_contents(data);
    } else {
      typed->mutable_uint_contents()->Reserve(static_cast<int>(images_.size() * data.size()));
      for (const char value : data) typed->add_uint_contents(static_cast<uint8_t>(value));
    }
  }
  images_.clear();
}

}  // namespace strobe::server
