#include "workload/arrival_schedule.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::workload {
namespace {

// Exponential gaps are gamma gaps of shape 1.
double ShapeOf(const ArrivalOptions& options) {
  return options.process == ArrivalProcess::kGamma ? options.smoothness : 1.0;
}

}  // namespace

absl::StatusOr<ArrivalProcess> ParseArrivalProcess(absl::string_view name) {
  for (const auto process :
       {ArrivalProcess::kConstant, ArrivalProcess::kPoisson, ArrivalProcess::kGamma}) {
    if (name == ArrivalProcessName(process)) return process;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", name, "' is none of constant, poisson, gamma"));
}

absl::string_view ArrivalProcessName(ArrivalProcess process) {
  switch (process) {
    case ArrivalProcess::kConstant:
      return "constant";
    case ArrivalProcess::kPoisson:
      return "poisson";
    case ArrivalProcess::kGamma:
      return "gamma";
  }
  return "unknown";
}

ArrivalSchedule::ArrivalSchedule(const ArrivalOptions& options)
    : options_(options),
      random_(options.seed),
      gap_(ShapeOf(options), 1.0 / (options.rate * ShapeOf(options))) {}

absl::Duration ArrivalSchedule::Next() {
  if (options_.process == ArrivalProcess::kConstant) {
    // By number, so that rounding does not add up.
    return absl::Seconds(static_cast<double>(count_++) / options_.rate);
  }
  seconds_ += gap_(random_);
  return absl::Seconds(seconds_);
}

}  // namespace strobe::workload
