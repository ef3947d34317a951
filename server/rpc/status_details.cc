#include "server/rpc/status_details.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include "absl/strings/str_cat.h"
#include "server/base/request_error.h"

namespace strobe::server {
namespace {

constexpr size_t kMaxMessageBytes = 512;
constexpr size_t kMaxMetadataEntryBytes = 192;
constexpr size_t kMaxMetadataEntries = 8;
constexpr size_t kMaxViolationBytes = 400;
constexpr size_t kMaxBadRequestBytes = 2048;

bool HidesCause(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown;
}

google::rpc::BadRequest ToBadRequest(const std::vector<FieldViolation>& violations) {
  google::rpc::BadRequest bad_request;
  for (size_t i = 0; i < violations.size(); ++i) {
    auto* violation = bad_request.add_field_violations();
    violation->set_field(Abbreviate(violations[i].field, kMaxViolationBytes));
    violation->set_description(Abbreviate(violations[i].description, kMaxViolationBytes));
    if (bad_request.ByteSizeLong() > kMaxBadRequestBytes && i + 1 < violations.size()) {
      violation->set_field("");
      violation->set_description(absl::StrCat("and ", violations.size() - i, " more"));
      break;
    }
  }
  return bad_request;
}

google::rpc::ErrorInfo ToErrorInfo(const absl::Status& status, const ErrorDetails& details,
                                   const std::string& request_id) {
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonOf(status));
  info.set_domain("strobe");
  auto& metadata = *info.mutable_metadata();
  metadata["request_id"] = request_id;
  if (HidesCause(status.code())) return info;
  for (const auto& [key, value] : details.metadata) {
    if (metadata.size() >= kMaxMetadataEntries) break;
    metadata[Abbreviate(key, 64)] = Abbreviate(value, kMaxMetadataEntryBytes);
  }
  return info;
}

google::rpc::RetryInfo ToRetryInfo(absl::Duration delay) {
  google::rpc::RetryInfo info;
  const int64_t seconds = absl::IDivDuration(delay, absl::Seconds(1), &delay);
  info.mutable_retry_delay()->set_seconds(seconds);
  info.mutable_retry_delay()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(delay)));
  return info;
}

}  // namespace

std::string Abbreviate(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  size_t end = max_bytes < 3 ? 0 : max_bytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), "...");
}

google::rpc::Status ToRpcStatus(const absl::Status& status, const std::string& request_id) {
  const ErrorDetails details = DetailsOf(status);
  const std::string message =
      HidesCause(status.code())
          ? absl::StrCat("internal error; the server's log has more under request id ", request_id)
          : Abbreviate(status.message(), kMaxMessageBytes);

  google::rpc::Status rpc_status;
  rpc_status.set_code(static_cast<int>(status.code()));
  rpc_status.set_message(message);
  rpc_status.add_details()->PackFrom(ToErrorInfo(status, details, request_id));
  if (!details.violations.empty()) {
    rpc_status.add_details()->PackFrom(ToBadRequest(details.violations));
  }
  if (details.retry_delay > absl::ZeroDuration()) {
    rpc_status.add_details()->PackFrom(ToRetryInfo(details.retry_delay));
  }
  google::rpc::RequestInfo request_info;
  request_info.set_request_id(request_id);
  rpc_status.add_details()->PackFrom(request_info);
  return rpc_status;
}

grpc::Status ToGrpcStatus(const absl::Status& status, const std::string& request_id) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc_status = ToRpcStatus(status, request_id);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), rpc_status.message(),
                      rpc_status.SerializeAsString());
}

}  // namespace strobe::server
