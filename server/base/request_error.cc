#include "server/base/request_error.h"

#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/cord.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"

namespace strobe::server {
namespace {

using Json = nlohmann::json;

constexpr char kTypeUrl[] = "strobe/error_details";

std::string Encode(const ErrorDetails& details) {
  Json json;
  json["reason"] = std::string(ReasonName(details.reason));
  json["metadata"] = details.metadata;
  json["retry_delay_ns"] = absl::ToInt64Nanoseconds(details.retry_delay);
  Json& violations = json["violations"] = Json::array();
  for (const FieldViolation& violation : details.violations) {
    violations.push_back({{"field", violation.field}, {"description", violation.description}});
  }
  // Text that is not UTF-8 gets replacement characters: an error is no place to fail.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

absl::Status RequestError(absl::StatusCode code, absl::string_view message,
                          const ErrorDetails& details) {
  absl::Status status(code, message);
  status.SetPayload(kTypeUrl, absl::Cord(Encode(details)));
  return status;
}

absl::Status InvalidRequest(std::vector<FieldViolation> violations) {
  if (violations.empty()) return absl::OkStatus();
  const std::string message =
      absl::StrJoin(violations, "; ", [](std::string* out, const FieldViolation& violation) {
        out->append(violation.field).append(": ").append(violation.description);
      });
  ErrorDetails details;
  details.reason = Reason::kInvalidRequest;
  details.violations = std::move(violations);
  return RequestError(absl::StatusCode::kInvalidArgument, message, details);
}

ErrorDetails DetailsOf(const absl::Status& status) {
  ErrorDetails details;
  const absl::optional<absl::Cord> payload = status.GetPayload(kTypeUrl);
  if (!payload.has_value()) return details;
  const Json json = Json::parse(std::string(*payload), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return details;
  details.reason = ReasonNamed(json.value("reason", "")).value_or(Reason::kNone);
  details.metadata = json.value("metadata", std::map<std::string, std::string>());
  details.retry_delay = absl::Nanoseconds(json.value("retry_delay_ns", int64_t{0}));
  for (const Json& violation : json.value("violations", Json::array())) {
    details.violations.push_back(
        {violation.value("field", ""), violation.value("description", "")});
  }
  return details;
}

std::string ReasonOf(const absl::Status& status) {
  const Reason reason = DetailsOf(status).reason;
  return reason == Reason::kNone ? absl::StatusCodeToString(status.code())
                                 : std::string(ReasonName(reason));
}

}  // namespace strobe::server
