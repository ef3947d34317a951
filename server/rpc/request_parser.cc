#include "server/rpc/request_parser.h"

#include <set>
#include <string>
#include <vector>

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include "absl/strings/str_cat.h"
#include "server/base/request_error.h"
#include "server/rpc/text_rules.h"

namespace strobe::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// The string fields of undecodable but well-formed `bytes` of such a message that are not valid
// UTF-8.
std::vector<FieldViolation> FindInvalidUtf8(absl::string_view bytes, const Descriptor& type) {
  google::protobuf::Empty fields;  // keeps everything as unknown fields, unchecked
  if (!fields.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  const UnknownFieldSet& unknown = fields.GetReflection()->GetUnknownFields(fields);
  std::vector<FieldViolation> violations;
  std::set<int> seen;
  for (int i = 0; i < unknown.field_count(); ++i) {
    const UnknownField& field = unknown.field(i);
    const FieldDescriptor* descriptor = type.FindFieldByNumber(field.number());
    if (descriptor == nullptr || descriptor->type() != FieldDescriptor::TYPE_STRING) continue;
    if (field.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
    if (IsValidUtf8(field.length_delimited()) || !seen.insert(field.number()).second) continue;
    violations.push_back({descriptor->name(), "must be valid UTF-8"});
  }
  return violations;
}

// The bytes of the last field `number` of well-formed `bytes`; empty without one.
std::string FieldOf(absl::string_view bytes, int number) {
  google::protobuf::Empty fields;
  if (!fields.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return "";
  const UnknownFieldSet& unknown = fields.GetReflection()->GetUnknownFields(fields);
  std::string found;
  for (int i = 0; i < unknown.field_count(); ++i) {
    const UnknownField& field = unknown.field(i);
    if (field.number() == number && field.type() == UnknownField::TYPE_LENGTH_DELIMITED) {
      found = field.length_delimited();
    }
  }
  return found;
}

// `bytes`: of a message of that type; `name`: of the whole message.
absl::Status Undecodable(absl::string_view bytes, const Descriptor& type, absl::string_view name) {
  ErrorDetails details;
  details.violations = FindInvalidUtf8(bytes, type);
  if (details.violations.empty()) {
    details.reason = "UNDECODABLE_REQUEST";
    return RequestError(absl::StatusCode::kInvalidArgument,
                        absl::StrCat("the request is no ", name, " message"), details);
  }
  details.reason = "INVALID_UTF8";
  std::string message;
  for (const FieldViolation& violation : details.violations) {
    if (!message.empty()) message += "; ";
    message += violation.field + " " + violation.description;
  }
  return RequestError(absl::StatusCode::kInvalidArgument, message, details);
}

absl::string_view ViewOf(const grpc::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

absl::Status Parse(absl::string_view bytes, google::protobuf::Message& message) {
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::OkStatus();
  }
  const Descriptor& type = *message.GetDescriptor();
  return Undecodable(bytes, type, type.full_name());
}

}  // namespace

absl::StatusOr<v1::GenerateImagesRequest> ParseGenerateImagesRequest(absl::string_view bytes) {
  v1::GenerateImagesRequest request;
  if (absl::Status status = Parse(bytes, request); !status.ok()) return status;
  return request;
}

absl::StatusOr<v1::GenerateImagesRequest> ParseGenerateImagesRequest(
    const grpc::ByteBuffer& bytes) {
  v1::GenerateImagesRequest request;
  if (absl::Status status = ParseMessage(bytes, request); !status.ok()) return status;
  return request;
}

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  grpc::Slice slice;
  if (bytes.Valid() && !bytes.DumpToSingleSlice(&slice).ok()) return Parse("\xff", message);
  return Parse(ViewOf(slice), message);
}

absl::StatusOr<v1::LiveImagesRequest> ParseLiveImagesRequest(const grpc::ByteBuffer& bytes) {
  grpc::Slice slice;
  v1::LiveImagesRequest message;
  if (!bytes.DumpToSingleSlice(&slice).ok() ||
      !message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return Undecodable(FieldOf(ViewOf(slice), v1::LiveImagesRequest::kRequestFieldNumber),
                       *v1::GenerateImagesRequest::descriptor(),
                       v1::LiveImagesRequest::descriptor()->full_name());
  }
  return message;
}

}  // namespace strobe::server
