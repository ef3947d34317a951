// absl::Status -> gRPC status with google.rpc details: the one place where the two meet.

#ifndef STROBE_SERVER_RPC_STATUS_DETAILS_H_
#define STROBE_SERVER_RPC_STATUS_DETAILS_H_

#include <string>

#include <google/rpc/status.pb.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace strobe::server {

// Converts `status` for the caller of `request_id`:
//  1. Always google.rpc.ErrorInfo{reason, domain "strobe", metadata with request_id} and
//     RequestInfo; BadRequest and RetryInfo when the status carries violations and a retry delay.
//  2. INTERNAL and UNKNOWN say nothing but that something failed, and the request id: the cause
//     belongs into the log.
//  3. Message and details stay below 8 KiB on the wire: long texts are cut, violations that do not
//     fit are left out, and the last one kept says how many.
google::rpc::Status ToRpcStatus(const absl::Status& status, const std::string& request_id);

// The same as the status of a call; OK stays OK.
grpc::Status ToGrpcStatus(const absl::Status& status, const std::string& request_id);

// `text` cut to at most `max_bytes` at a UTF-8 boundary, marked by "..." when cut.
std::string Abbreviate(absl::string_view text, size_t max_bytes);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_STATUS_DETAILS_H_
