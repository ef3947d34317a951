#include "client/load/svg_plot.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace strobe::client {
namespace {

// Units of the drawing, which the page scales.
constexpr double kWidth = 640;
constexpr double kHeight = 300;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 30;
constexpr double kBottom = 44;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kPlotHeight = kHeight - kTop - kBottom;

double Scaled(AxisScale scale, double value) {
  return scale == AxisScale::kNines ? -std::log10(std::max(1e-12, 1 - value)) : value;
}

// Position of `value` on `axis`, 0 at its low end and 1 at its high end.
double Fraction(const PlotAxis& axis, double value) {
  const double low = Scaled(axis.scale, axis.low);
  const double high = Scaled(axis.scale, axis.high);
  return high > low ? (Scaled(axis.scale, value) - low) / (high - low) : 0.5;
}

std::vector<double> TicksOf(const PlotAxis& axis, int count) {
  std::vector<double> ticks = {0};
  if (axis.scale == AxisScale::kLinear) {
    ticks = RoundTicks(axis.low, axis.high, count);
    const auto broken = [&](double tick) { return axis.whole && tick != std::round(tick); };
    ticks.erase(std::remove_if(ticks.begin(), ticks.end(), broken), ticks.end());
    return ticks;
  }
  for (const double nines : {0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999}) {
    if (nines <= axis.high) ticks.push_back(nines);
  }
  return ticks;
}

}  // namespace

std::vector<double> RoundTicks(double low, double high, int count) {
  if (!(high > low)) return {low};
  const double rough = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double unit = rough / power;
  const double step = power * (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10);
  std::vector<double> ticks;
  const auto last = static_cast<int64_t>(std::floor(high / step + 1e-9));
  for (auto i = static_cast<int64_t>(std::ceil(low / step - 1e-9)); i <= last; ++i) {
    ticks.push_back(static_cast<double>(i) * step);
  }
  return ticks;
}

std::string EscapeHtml(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

SvgPlot::SvgPlot(PlotAxis x, PlotAxis y) : x_(std::move(x)), y_(std::move(y)) {}

double SvgPlot::X(double value) const { return kLeft + kPlotWidth * Fraction(x_, value); }

double SvgPlot::Y(double value) const { return kTop + kPlotHeight * (1 - Fraction(y_, value)); }

void SvgPlot::AddLine(const Points& points, int colour, const std::string& name, bool marks) {
  absl::StrAppendFormat(&content_, "<polyline class=\"line\" style=\"stroke:var(--c%d)\" points=\"",
                        colour);
  for (const auto& [x, y] : points) absl::StrAppendFormat(&content_, "%.1f,%.1f ", X(x), Y(y));
  absl::StrAppend(&content_, "\"/>\n");
  if (marks) {
    for (const auto& [x, y] : points) {
      absl::StrAppendFormat(&content_,
                            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.2\" style=\"fill:var(--c%d)\">"
                            "<title>%s: %s at %s</title></circle>\n",
                            X(x), Y(y), colour, EscapeHtml(name), y_.format(y), x_.format(x));
    }
  }
  if (!name.empty()) AddLegend(colour, name);
}

void SvgPlot::AddDots(const Points& points, int colour, const std::string& name, double opacity) {
  // One path of round line caps: a page with thousands of elements would be slow.
  absl::StrAppendFormat(&content_,
                        "<path class=\"dots\" style=\"stroke:var(--c%d);stroke-opacity:%.2f\" d=\"",
                        colour, opacity);
  for (const auto& [x, y] : points) {
    absl::StrAppendFormat(&content_, "M%.1f %.1fh0", X(x), Y(std::min(y, y_.high)));
  }
  absl::StrAppend(&content_, "\"/>\n");
  if (!name.empty() && !points.empty()) AddLegend(colour, name);
}

void SvgPlot::AddBar(double x, double y, double width, int colour, const std::string& tooltip) {
  const double left = X(x - width / 2);
  const double top = Y(y);
  absl::StrAppendFormat(&content_,
                        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"1.5\" "
                        "style=\"fill:var(--c%d)\"><title>%s</title></rect>\n",
                        left, top, std::max(0.5, X(x + width / 2) - left - 1),
                        std::max(0.0, kTop + kPlotHeight - top), colour, EscapeHtml(tooltip));
}

void SvgPlot::AddRule(double y, const std::string& name) {
  if (y > y_.high || y < y_.low) return;
  absl::StrAppendFormat(&content_,
                        "<line class=\"rule\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                        "<text class=\"rule-name\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                        kLeft, kLeft + kPlotWidth, Y(y), Y(y), kLeft + 6, Y(y) - 4,
                        EscapeHtml(name));
}

void SvgPlot::AddSpan(double from, double to, const std::string& tooltip) {
  const double left = std::clamp(X(from), kLeft, kLeft + kPlotWidth);
  const double right = std::clamp(X(to), kLeft, kLeft + kPlotWidth);
  absl::StrAppendFormat(&content_,
                        "<rect class=\"span\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                        "height=\"%.1f\"><title>%s</title></rect>\n",
                        left, kTop, std::max(0.0, right - left), kPlotHeight, EscapeHtml(tooltip));
}

std::string SvgPlot::Ticks() const {
  std::string svg;
  for (const double tick : TicksOf(y_, 5)) {
    absl::StrAppendFormat(&svg,
                          "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                          "<text class=\"tick\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">%s"
                          "</text>\n",
                          kLeft, kLeft + kPlotWidth, Y(tick), Y(tick), kLeft - 7, Y(tick) + 3.5,
                          EscapeHtml(y_.format(tick)));
  }
  for (const double tick : TicksOf(x_, 10)) {
    absl::StrAppendFormat(&svg,
                          "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                          "<text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%s"
                          "</text>\n",
                          X(tick), X(tick), kTop, kTop + kPlotHeight, X(tick),
                          kTop + kPlotHeight + 15, EscapeHtml(x_.format(tick)));
  }
  absl::StrAppendFormat(&svg,
                        "<text class=\"label\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%s"
                        "</text>\n<text class=\"label\" text-anchor=\"middle\" "
                        "transform=\"translate(13 %.1f) rotate(-90)\">%s</text>\n",
                        kLeft + kPlotWidth / 2, kHeight - 8, EscapeHtml(x_.label),
                        kTop + kPlotHeight / 2, EscapeHtml(y_.label));
  return svg;
}

std::string SvgPlot::Legend() const {
  std::string svg;
  double x = kLeft;
  for (const auto& [colour, name] : legend_) {
    absl::StrAppendFormat(&svg,
                          "<rect x=\"%.1f\" y=\"9\" width=\"10\" height=\"10\" rx=\"2\" "
                          "style=\"fill:var(--c%d)\"/><text class=\"legend\" x=\"%.1f\" "
                          "y=\"18\">%s</text>\n",
                          x, colour, x + 15, EscapeHtml(name));
    x += 34 + 6.4 * static_cast<double>(name.size());
  }
  return svg;
}

std::string SvgPlot::Render() const {
  return absl::StrFormat(
      "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n%s%s%s"
      "<path class=\"axis\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n</svg>\n",
      kWidth, kHeight, Ticks(), content_, Legend(), kLeft, kTop, kTop + kPlotHeight,
      kLeft + kPlotWidth);
}

}  // namespace strobe::client
