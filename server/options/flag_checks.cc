#include "server/options/flag_checks.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "model/spec/device_and_dtype.h"

namespace strobe::server {

std::string CheckAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  int port = -1;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(absl::string_view(text).substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return absl::StrCat("'", text, "' is not host:port with a port from 0 to 65535");
  }
  return "";
}

std::string CheckMetricsAddress(const std::string& text) {
  return text.empty() || text == "off" ? "" : CheckAddress(text);
}

std::string CheckLoopback(const std::string& text) {
  if (text.empty()) return "";
  if (const std::string error = CheckAddress(text); !error.empty()) return error;
  const std::string host = text.substr(0, text.rfind(':'));
  if (host == "localhost" || host == "[::1]" || absl::StartsWith(host, "127.")) return "";
  return absl::StrCat("'", text, "' is not a loopback address: this port has no TLS");
}

std::string CheckOptionalAddress(const std::string& text) {
  return text.empty() ? "" : CheckAddress(text);
}

std::string CheckDevice(const std::string& text) {
  return std::string(model::ParseDeviceName(text).status().message());
}

std::string CheckCombination(const ServerOptions& options) {
  if (options.models.empty()) return "--model is required";
  if (options.backend.admission.queue_capacity < options.requests.max_images_per_request) {
    return absl::StrCat("--queue-capacity: ", options.backend.admission.queue_capacity,
                        " is less than --max-images-per-request, ",
                        options.requests.max_images_per_request,
                        ": the largest request could never be admitted");
  }
  if (options.access.tls.certificate.empty() != options.access.tls.key.empty()) {
    return "--tls-certificate and --tls-key go together";
  }
  if (!options.access.tls.client_ca.empty() && options.access.tls.certificate.empty()) {
    return "--tls-client-ca needs --tls-certificate and --tls-key";
  }
  return "";
}

CLI::Validator Between(double least, double most) {
  const std::string range = absl::StrCat("from ", least, " to ", most);
  return CLI::Validator(
      [least, most, range](const std::string& text) {
        double value = 0;
        const bool inside = absl::SimpleAtod(text, &value) && value >= least && value <= most;
        return inside ? "" : absl::StrCat("'", text, "' is no number ", range);
      },
      absl::StrCat("FLOAT in [", least, " - ", most, "]"));
}

}  // namespace strobe::server
