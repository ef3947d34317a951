#include "model/training/run/metrics_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace strobe::model {
namespace {

constexpr int kWidth = 640;
constexpr int kPanelHeight = 180;
constexpr int kMarginLeft = 70;
constexpr int kMarginRight = 20;
constexpr int kMarginTop = 30;
constexpr int kMarginBottom = 30;

struct Curve {
  std::string stage;
  std::map<int64_t, double> losses;  // by step
};

std::vector<Curve> ReadCurves(absl::string_view metrics_jsonl) {
  std::vector<Curve> curves;
  for (const absl::string_view line : absl::StrSplit(metrics_jsonl, '\n')) {
    const auto json = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
    if (!json.is_object() || !json.contains("stage") || !json.contains("step") ||
        !json.contains("loss") || !json["stage"].is_string() || !json["step"].is_number() ||
        !json["loss"].is_number() || json["loss"].get<double>() <= 0.0) {
      continue;
    }
    const std::string stage = json["stage"];
    auto found = std::find_if(curves.begin(), curves.end(),
                              [&](const Curve& curve) { return curve.stage == stage; });
    if (found == curves.end()) found = curves.insert(curves.end(), Curve{stage, {}});
    found->losses[json["step"].get<int64_t>()] = json["loss"].get<double>();
  }
  return curves;
}

std::string Label(double x, double y, absl::string_view anchor, absl::string_view text) {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
                         text);
}

std::string Panel(const Curve& curve, int top) {
  double low = curve.losses.begin()->second;
  double high = low;
  for (const auto& [step, loss] : curve.losses) {
    low = std::min(low, loss);
    high = std::max(high, loss);
  }
  // A flat curve gets some room too.
  const double log_low = std::log10(low) - 0.02;
  const double log_high = std::log10(high) + 0.02;
  const double last = static_cast<double>(curve.losses.rbegin()->first);
  const double left = kMarginLeft;
  const double right = kWidth - kMarginRight;
  const double upper = top + kMarginTop;
  const double lower = top + kPanelHeight - kMarginBottom;
  std::string points;
  for (const auto& [step, loss] : curve.losses) {
    const double x = left + (right - left) * static_cast<double>(step) / std::max(last, 1.0);
    const double y = lower - (lower - upper) * (std::log10(loss) - log_low) / (log_high - log_low);
    absl::StrAppendFormat(&points, "%.1f,%.1f ", x, y);
  }
  return absl::StrCat(
      absl::StrFormat("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" "
                      "stroke=\"#999\"/>\n",
                      left, upper, right - left, lower - upper),
      Label(left, upper - 8, "start", absl::StrCat(curve.stage, ": loss")),
      Label(left - 6, upper + 8, "end", absl::StrFormat("%.3g", high)),
      Label(left - 6, lower, "end", absl::StrFormat("%.3g", low)),
      Label(right, lower + 16, "end", absl::StrCat("step ", curve.losses.rbegin()->first)),
      "<polyline fill=\"none\" stroke=\"#1f77b4\" stroke-width=\"1.5\" points=\"", points,
      "\"/>\n");
}

}  // namespace

std::string LossCurvesSvg(absl::string_view metrics_jsonl) {
  const std::vector<Curve> curves = ReadCurves(metrics_jsonl);
  const int height = kPanelHeight * std::max<int>(1, static_cast<int>(curves.size()));
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
      kWidth, height);
  int top = 0;
  for (const Curve& curve : curves) {
    absl::StrAppend(&svg, Panel(curve, top));
    top += kPanelHeight;
  }
  return svg + "</svg>\n";
}

}  // namespace strobe::model
