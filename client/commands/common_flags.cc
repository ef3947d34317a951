#include "client/commands/common_flags.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace strobe::client {

void AddAddressFlag(CLI::App& app, std::string& address) {
  address = kDefaultAddress;
  app.add_option("--address", address, "The server, as host:port or unix:/path")
      ->envname("STROBE_ADDRESS")
      ->type_name("HOST:PORT")
      ->capture_default_str();
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
