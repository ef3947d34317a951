// Plots as SVG, to be read in a browser without any script.

#ifndef STROBE_CLIENT_LOAD_SVG_PLOT_H_
#define STROBE_CLIENT_LOAD_SVG_PLOT_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace strobe::client {

enum class AxisScale {
  kLinear,
  kNines,  // 0..1 by the number of nines, -log10(1 - x): 90 %, 99 % and 99.9 % are equally far
           // apart
};

struct PlotAxis {
  std::string label;
  double low = 0;
  double high = 1;
  AxisScale scale = AxisScale::kLinear;
  std::function<std::string(double)> format;  // of a tick
  bool whole = false;                         // ticks at whole numbers only
};

// `count` or a few more round numbers (1, 2, 5 times a power of ten) from `low` to `high`.
std::vector<double> RoundTicks(double low, double high, int count);

// `text` for use in HTML and SVG.
std::string EscapeHtml(const std::string& text);

// One plot. Colours are the CSS variables --c1, --c2 ... of the page, by number. What is added lies
// over what was added before. Values outside of the axes are cut off.
class SvgPlot {
 public:
  using Points = std::vector<std::pair<double, double>>;

  SvgPlot(PlotAxis x, PlotAxis y);

  // Named lines and dots appear in the legend; an empty name does not.
  void AddLine(const Points& points, int colour, const std::string& name, bool marks = false);
  // Dots of another opacity than 1 show density.
  void AddDots(const Points& points, int colour, const std::string& name, double opacity = 1.0);
  // A bar from 0 to y, centred at x, `width` wide in units of x, with a tooltip.
  void AddBar(double x, double y, double width, int colour, const std::string& tooltip);
  // A dashed line across at `y`.
  void AddRule(double y, const std::string& name);
  // A shaded span of x.
  void AddSpan(double from, double to, const std::string& tooltip);
  void AddLegend(int colour, const std::string& name) { legend_.emplace_back(colour, name); }

  // An <svg> element that scales with the page.
  std::string Render() const;

 private:
  double X(double value) const;
  double Y(double value) const;
  std::string Ticks() const;
  std::string Legend() const;

  const PlotAxis x_;
  const PlotAxis y_;
  std::string content_;
  std::vector<std::pair<int, std::string>> legend_;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_SVG_PLOT_H_
