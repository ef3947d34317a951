#include "server/rpc/message_parser.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/request_error.h"
#include "server/rpc/utf8.h"

namespace strobe::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

constexpr int kSliceBytes = 1 << 20;

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
  std::vector<FieldViolation> violations = FindInvalidUtf8(bytes, type);
  if (violations.empty()) {
    return RequestError(absl::StatusCode::kInvalidArgument,
                        absl::StrCat("the request is no ", name, " message"),
                        {.reason = Reason::kUndecodableRequest});
  }
  const std::string message =
      absl::StrJoin(violations, "; ", [](std::string* out, const FieldViolation& violation) {
        absl::StrAppend(out, violation.field, " ", violation.description);
      });
  return RequestError(absl::StatusCode::kInvalidArgument, message,
                      {.reason = Reason::kInvalidUtf8, .violations = std::move(violations)});
}

absl::string_view ViewOf(const grpc::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

}  // namespace

absl::Status ParseMessage(absl::string_view bytes, google::protobuf::Message& message) {
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::OkStatus();
  }
  const Descriptor& type = *message.GetDescriptor();
  return Undecodable(bytes, type, type.full_name());
}

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  grpc::Slice slice;
  if (bytes.Valid() && !bytes.DumpToSingleSlice(&slice).ok()) return ParseMessage("\xff", message);
  return ParseMessage(ViewOf(slice), message);
}

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, int number, const Descriptor& inner,
                          google::protobuf::Message& message) {
  grpc::Slice slice;
  if (bytes.DumpToSingleSlice(&slice).ok() &&
      message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return absl::OkStatus();
  }
  return Undecodable(FieldOf(ViewOf(slice), number), inner, message.GetDescriptor()->full_name());
}

grpc::ByteBuffer Serialize(const google::protobuf::Message& message) {
  grpc::ByteBuffer bytes;
  grpc::ProtoBufferWriter writer(&bytes, kSliceBytes, static_cast<int>(message.ByteSizeLong()));
  message.SerializeToZeroCopyStream(&writer);
  return bytes;
}

}  // namespace strobe::server
