#include "server/rpc/request_parser.h"

#include <set>
#include <utility>

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include "server/base/request_error.h"

namespace strobe::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// Whether the parser takes a message with this single field in it.
bool Parses(int number, const std::string& value) {
  UnknownFieldSet single;
  single.AddLengthDelimited(number, value);
  std::string bytes;
  return single.SerializeToString(&bytes) && v1::GenerateImagesRequest().ParseFromString(bytes);
}

// The string fields of undecodable but well-formed `bytes` that are not valid UTF-8.
std::vector<FieldViolation> FindInvalidUtf8(absl::string_view bytes) {
  google::protobuf::Empty fields;  // keeps everything as unknown fields, unchecked
  if (!fields.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  const UnknownFieldSet& unknown = fields.GetReflection()->GetUnknownFields(fields);
  std::vector<FieldViolation> violations;
  std::set<int> seen;
  for (int i = 0; i < unknown.field_count(); ++i) {
    const UnknownField& field = unknown.field(i);
    const FieldDescriptor* descriptor =
        v1::GenerateImagesRequest::descriptor()->FindFieldByNumber(field.number());
    if (descriptor == nullptr || descriptor->type() != FieldDescriptor::TYPE_STRING) continue;
    if (field.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
    if (Parses(field.number(), field.length_delimited()) || !seen.insert(field.number()).second) {
      continue;
    }
    violations.push_back({descriptor->name(), "must be valid UTF-8"});
  }
  return violations;
}

absl::Status Undecodable(absl::string_view bytes) {
  ErrorDetails details;
  details.violations = FindInvalidUtf8(bytes);
  if (details.violations.empty()) {
    details.reason = "UNDECODABLE_REQUEST";
    return RequestError(absl::StatusCode::kInvalidArgument,
                        "the request is not a strobe.v1.GenerateImagesRequest message", details);
  }
  details.reason = "INVALID_UTF8";
  std::string message;
  for (const FieldViolation& violation : details.violations) {
    if (!message.empty()) message += "; ";
    message += violation.field + " " + violation.description;
  }
  return RequestError(absl::StatusCode::kInvalidArgument, message, details);
}

}  // namespace

absl::StatusOr<v1::GenerateImagesRequest> ParseGenerateImagesRequest(absl::string_view bytes) {
  v1::GenerateImagesRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Undecodable(bytes);
  }
  return request;
}

absl::StatusOr<v1::GenerateImagesRequest> ParseGenerateImagesRequest(
    const grpc::ByteBuffer& bytes) {
  grpc::Slice slice;
  if (bytes.Valid() && !bytes.DumpToSingleSlice(&slice).ok()) return Undecodable("");
  return ParseGenerateImagesRequest(
      absl::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size()));
}

}  // namespace strobe::server
