#include "client/load/fail_condition.h"

#include <cmath>
#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace strobe::client {
namespace {

enum class Unit { kSeconds, kShare, kNumber };

// 0.99 for "p99".
std::optional<double> QuantileLevel(absl::string_view name) {
  double percent = 0;
  if (!absl::ConsumePrefix(&name, "p") || name.empty() || !absl::ascii_isdigit(name.front()) ||
      !absl::SimpleAtod(name, &percent) || percent <= 0 || percent > 100) {
    return std::nullopt;
  }
  return percent / 100;
}

// Splits "first_image_p99" into the latency it is of and "p99".
absl::string_view LatencyOf(absl::string_view& figure) {
  for (const absl::string_view prefix : {"first_image_", "send_lag_"}) {
    if (absl::ConsumePrefix(&figure, prefix)) return prefix;
  }
  return "";
}

std::optional<Unit> UnitOf(absl::string_view figure) {
  if (figure == "throughput" || figure == "goodput" || figure == "images" ||
      figure == "pixel_mismatches" || figure == "unrepeatable" || figure == "broken_images") {
    return Unit::kNumber;
  }
  if (figure == "errors" || figure == "attainment") return Unit::kShare;
  LatencyOf(figure);
  const bool known = figure == "mean" || figure == "max" || QuantileLevel(figure).has_value();
  return known ? std::optional(Unit::kSeconds) : std::nullopt;
}

// The number in base units.
absl::StatusOr<double> ParseBound(absl::string_view text, Unit unit) {
  double value = 0;
  if (unit == Unit::kSeconds) {
    absl::Duration duration;
    if (absl::ParseDuration(text, &duration)) return absl::ToDoubleSeconds(duration);
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no duration: write a unit, as in 200ms"));
  }
  const bool percent = unit == Unit::kShare && absl::ConsumeSuffix(&text, "%");
  if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no number"));
  }
  return percent ? value / 100 : value;
}

Comparison ComparisonOf(char sign, bool or_equal) {
  if (sign == '<') return or_equal ? Comparison::kAtMost : Comparison::kBelow;
  return or_equal ? Comparison::kAtLeast : Comparison::kAbove;
}

double LatencyFigure(absl::string_view figure, const LoadSummary& summary) {
  const absl::string_view prefix = LatencyOf(figure);
  const LatencySummary& latency = prefix == "first_image_" ? summary.first_image
                                  : prefix == "send_lag_"  ? summary.send_lag
                                                           : summary.all.latency;
  if (latency.empty()) return std::numeric_limits<double>::infinity();
  if (figure == "mean") return latency.mean;
  if (figure == "max") return latency.max();
  return latency.at(QuantileLevel(figure).value_or(1));
}

}  // namespace

const char kFailConditionHelp[] =
    "Figures of --fail-if:\n"
    "  p50, p99, p99.9 ..., mean, max         latency, with a unit: 'p99>200ms'\n"
    "  first_image_p99 ..., send_lag_p99 ...  the same of other times\n"
    "  throughput, goodput, images            a second: 'goodput<50'\n"
    "  errors, attainment                     shares: 'errors>0.1%'\n"
    "  pixel_mismatches                       pictures that another batch changes\n"
    "  unrepeatable                           pictures that differ when made twice alone\n"
    "  broken_images                          of a wrong size, or cut off: 'broken_images>0'";

absl::StatusOr<FailCondition> ParseFailCondition(absl::string_view text) {
  const size_t sign = text.find_first_of("<>");
  if (sign == absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' has no comparison: write it like p99>200ms"));
  }
  FailCondition condition;
  condition.text = std::string(text);
  condition.figure = std::string(absl::StripAsciiWhitespace(text.substr(0, sign)));
  const std::optional<Unit> unit = UnitOf(condition.figure);
  if (!unit.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", condition.figure, "' is no figure: see --help"));
  }
  absl::string_view rest = text.substr(sign + 1);
  const bool or_equal = absl::ConsumePrefix(&rest, "=");
  condition.comparison = ComparisonOf(text[sign], or_equal);
  STROBE_ASSIGN_OR_RETURN(condition.bound, ParseBound(absl::StripAsciiWhitespace(rest), *unit));
  return condition;
}

double FigureOf(const FailCondition& condition, const LoadSummary& summary,
                const PixelCheckResult& pixels) {
  if (condition.figure == "throughput") return summary.completed_rate;
  if (condition.figure == "goodput") return summary.goodput;
  if (condition.figure == "images") return summary.image_rate;
  if (condition.figure == "errors") return summary.error_share;
  if (condition.figure == "attainment") return summary.all.attainment();
  if (condition.figure == "pixel_mismatches") return pixels.mismatched;
  if (condition.figure == "unrepeatable") return pixels.unrepeatable;
  if (condition.figure == "broken_images") {
    return static_cast<double>(summary.wrong_size_images + summary.corrupt_images);
  }
  return LatencyFigure(condition.figure, summary);
}

bool Holds(const FailCondition& condition, const LoadSummary& summary,
           const PixelCheckResult& pixels) {
  const double figure = FigureOf(condition, summary, pixels);
  switch (condition.comparison) {
    case Comparison::kBelow:
      return figure < condition.bound;
    case Comparison::kAtMost:
      return figure <= condition.bound;
    case Comparison::kAbove:
      return figure > condition.bound;
    case Comparison::kAtLeast:
      return figure >= condition.bound;
  }
  return false;
}

}  // namespace strobe::client
