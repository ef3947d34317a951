#include "client/call_error.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace strobe::client {
namespace {

absl::Duration ToDuration(const google::protobuf::Duration& proto) {
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

void AddDetail(const google::protobuf::Any& any, CallError& error) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  google::rpc::RequestInfo request;
  if (any.UnpackTo(&info)) {
    error.reason = info.reason();
    for (const auto& [name, value] : info.metadata()) error.metadata[name] = value;
  } else if (any.UnpackTo(&bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      error.violations.push_back({violation.field(), violation.description()});
    }
  } else if (any.UnpackTo(&retry)) {
    error.retry_delay = ToDuration(retry.retry_delay());
  } else if (any.UnpackTo(&request)) {
    error.request_id = request.request_id();
  }
}

std::string WhatToDoNext(const CallError& error) {
  switch (error.code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "Correct the request; `strobe-client models` shows what each model accepts.";
    case grpc::StatusCode::NOT_FOUND:
      return "`strobe-client models` lists what this server has.";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      if (error.retry_delay > absl::ZeroDuration()) {
        return absl::StrCat("Try again in ", absl::FormatDuration(error.retry_delay), ".");
      }
      return "The server has more work than it takes at once: try again later, or ask for less.";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "Give it more time (--deadline), ask for less (--steps, --size, --num-images), or "
             "take what is ready at the deadline (--best-effort).";
    case grpc::StatusCode::UNAVAILABLE:
      return error.reason.empty()
                 ? "Is strobe-server running there? --address or STROBE_ADDRESS says where; "
                   "`strobe-client health --wait 30s` waits for it."
                 : "The server is not ready; `strobe-client health --wait 30s` waits for it.";
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return "This server wants other credentials.";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "Does another program, or an older strobe-server, listen there?";
    case grpc::StatusCode::INTERNAL:
      return "The server's log has the cause.";
    default:
      return "";
  }
}

// A server's message for those who read nothing else lists the violations that follow anyway.
bool RepeatsViolations(const CallError& error) {
  return !error.violations.empty() &&
         std::all_of(error.violations.begin(), error.violations.end(),
                     [&error](const CallError::Violation& violation) {
                       return absl::StrContains(error.message, violation.description);
                     });
}

}  // namespace

CallError DecodeCallError(const grpc::Status& status) {
  CallError error;
  error.code = status.error_code();
  error.message = status.error_message();
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& any : details.details()) AddDetail(any, error);
  }
  return error;
}

std::string StatusCodeName(int code) {
  static constexpr std::array<const char*, 17> kNames = {"OK",
                                                         "CANCELLED",
                                                         "UNKNOWN",
                                                         "INVALID_ARGUMENT",
                                                         "DEADLINE_EXCEEDED",
                                                         "NOT_FOUND",
                                                         "ALREADY_EXISTS",
                                                         "PERMISSION_DENIED",
                                                         "RESOURCE_EXHAUSTED",
                                                         "FAILED_PRECONDITION",
                                                         "ABORTED",
                                                         "OUT_OF_RANGE",
                                                         "UNIMPLEMENTED",
                                                         "INTERNAL",
                                                         "UNAVAILABLE",
                                                         "DATA_LOSS",
                                                         "UNAUTHENTICATED"};
  if (code < 0 || code >= static_cast<int>(kNames.size())) return absl::StrCat("CODE_", code);
  return kNames[static_cast<size_t>(code)];
}

std::string DescribeCallError(const CallError& error) {
  std::string text = StatusCodeName(error.code);
  if (!error.reason.empty()) {
    absl::StrAppend(&text, " (", WithoutControlCharacters(error.reason), ")");
  }
  if (!error.message.empty() && !RepeatsViolations(error)) {
    absl::StrAppend(&text, ": ", WithoutControlCharacters(error.message));
  }
  for (const CallError::Violation& violation : error.violations) {
    absl::StrAppend(&text, "\n  ", WithoutControlCharacters(violation.field), ": ",
                    WithoutControlCharacters(violation.description));
  }
  if (!error.request_id.empty()) {
    absl::StrAppend(&text, "\n  request id: ", WithoutControlCharacters(error.request_id));
  }
  const std::string next = WhatToDoNext(error);
  if (!next.empty()) absl::StrAppend(&text, "\n", next);
  return text;
}

std::string WithoutControlCharacters(absl::string_view text) {
  std::string safe(text.data(), text.size());
  for (char& c : safe) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return safe;
}

}  // namespace strobe::client
