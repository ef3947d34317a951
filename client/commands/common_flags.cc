#include "client/commands/common_flags.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace strobe::client {

std::string UsageError(const CLI::App* app, const CLI::Error& error) {
  const std::vector<CLI::App*> given = app->get_subcommands();
  const std::string subcommand = given.empty() ? "" : given.front()->get_name() + " ";
  const std::string what = absl::StrReplaceAll(error.what(), {{"\n", " "}});
  return absl::StrCat("strobe-client: ", what, " (see strobe-client ", subcommand, "--help)\n");
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

void AddAddressFlag(CLI::App& app, std::string& address) {
  address = kDefaultAddress;
  app.add_option("--address", address,
                 "The server, as host:port or unix:/path; dns:///host:port and ipv4:A:P,B:P "
                 "spread calls over several")
      ->check([](const std::string& text) {
        return text.empty() ? "the address is empty: write host:port or unix:/path" : "";
      })
      ->envname("STROBE_ADDRESS")
      ->type_name("HOST:PORT")
      ->capture_default_str();
}

void AddConnectionFlags(CLI::App& app, ConnectionOptions& connection) {
  AddAddressFlag(app, connection.address);
  app.add_flag("--tls", connection.tls, "Speak TLS, verifying the server with the system's CAs");
  const auto add_file = [&app](const std::string& name, std::string& value, const char* variable,
                               const std::string& help) {
    return app.add_option(name, value, help)
        ->check([](const std::string& text) { return text.empty() ? "names no file" : ""; })
        ->envname(variable)
        ->type_name("FILE");
  };
  add_file("--tls-ca", connection.tls_ca, "STROBE_TLS_CA",
           "PEM file with the CAs to verify the server with; implies --tls")
      ->each([&connection](const std::string&) { connection.tls = true; });
  CLI::Option* const certificate =
      add_file("--tls-certificate", connection.tls_certificate, "STROBE_TLS_CERTIFICATE",
               "PEM file with a certificate to be known by");
  CLI::Option* const key = add_file("--tls-key", connection.tls_key, "STROBE_TLS_KEY",
                                    "PEM file with the certificate's key");
  certificate->needs(key);
  key->needs(certificate);
  add_file("--token-file", connection.token_file, "STROBE_TOKEN_FILE",
           "File with the token to send with each call");
}

absl::StatusOr<absl::Duration> ParseDurationFlag(absl::string_view text) {
  absl::Duration duration;
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds) && std::isfinite(seconds)) {
    duration = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &duration)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no duration: write 10s, 1m30s or 500ms"));
  }
  if (duration < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is negative"));
  }
  return duration;
}

CLI::Option* AddDurationFlag(CLI::App& app, const std::string& name, absl::Duration& value,
                             const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            const absl::StatusOr<absl::Duration> duration = ParseDurationFlag(text);
            if (!duration.ok()) {
              throw CLI::ValidationError(name, std::string(duration.status().message()));
            }
            value = *duration;
          },
          help)
      ->type_name("DURATION");
}

}  // namespace strobe::client
