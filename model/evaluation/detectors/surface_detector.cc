#include "model/evaluation/detectors/surface_detector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "model/scenes/scene_shapes.h"

namespace strobe::model {
namespace {

constexpr size_t kLeastInterior = 30;  // pixels; with fewer, the edge counts too
constexpr double kMarkedLevel = 0.5;   // a pixel nearer the marks than the base colour
constexpr double kLeastMarked = 0.08;  // share of such pixels in a textured object
constexpr double kFarResidual = 0.5;   // one wild pixel counts no more than this
constexpr double kMostMarked = 0.65;   // mean level above which the base colour is hardly there
constexpr double kMarkedPenalty = 0.5;
constexpr int kPhases = 8;  // tried along each axis

Segment Interior(const Segment& segment) {
  std::set<std::pair<int, int>> members;
  for (const Pixel& p : segment) members.insert({p.x, p.y});
  Segment interior;
  for (const Pixel& p : segment) {
    if (members.count({p.x - 1, p.y}) && members.count({p.x + 1, p.y}) &&
        members.count({p.x, p.y - 1}) && members.count({p.x, p.y + 1})) {
      interior.push_back(p);
    }
  }
  return interior.size() >= kLeastInterior ? interior : segment;
}

std::vector<Rgb> Colors(const RgbImage& image, const Segment& segment) {
  std::vector<Rgb> colors;
  for (const Pixel& p : segment) colors.push_back(PixelRgb(image, p));
  return colors;
}

Rgb Median(const std::vector<Rgb>& pixels) {
  Rgb median;
  std::vector<float> values(pixels.size());
  for (size_t c = 0; c < 3; ++c) {
    for (size_t i = 0; i < pixels.size(); ++i) values[i] = pixels[i][c];
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    median[c] = *middle;
  }
  return median;
}

// Pixels explained as mixtures of a colour and that of its marks.
struct ToneFit {
  SceneColor color = SceneColor::kRed;
  std::vector<double> levels;  // 0 = the colour, 1 = its marks; one for each pixel
  double cost = 0;
};

ToneFit FitTones(const std::vector<Rgb>& pixels, SceneColor color) {
  const Rgb base = PaletteRgb(color);
  const Rgb mark = TextureMarkRgb(base);
  std::array<double, 3> line;
  double length_2 = 0;
  for (size_t c = 0; c < 3; ++c) {
    line[c] = static_cast<double>(mark[c]) - base[c];
    length_2 += line[c] * line[c];
  }
  ToneFit fit{color, {}, 0};
  double level_sum = 0;
  for (const Rgb& pixel : pixels) {
    double along = 0;
    for (size_t c = 0; c < 3; ++c) along += (pixel[c] - base[c]) * line[c] / length_2;
    const double level = std::clamp(along, 0.0, 1.0);
    Rgb on_line;
    for (size_t c = 0; c < 3; ++c) on_line[c] = static_cast<float>(base[c] + level * line[c]);
    fit.cost += std::min(RgbDistance(pixel, on_line), kFarResidual);
    level_sum += level;
    fit.levels.push_back(level);
  }
  const double count = static_cast<double>(pixels.size());
  fit.cost = fit.cost / count + kMarkedPenalty * std::max(0.0, level_sum / count - kMostMarked);
  return fit;
}

double Correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double n = static_cast<double>(a.size());
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum_a += a[i];
    sum_b += b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    ab += a[i] * b[i];
  }
  const double variance = (aa - sum_a * sum_a / n) * (bb - sum_b * sum_b / n);
  return variance > 1e-9 ? (ab - sum_a * sum_b / n) / std::sqrt(variance) : 0.0;
}

// The best correlation of the levels with marks of this texture at any phase.
double TextureFit(SceneTexture texture, const Segment& segment, const std::vector<double>& levels,
                  double period) {
  double best = -1;
  std::vector<double> marks(segment.size());
  const int columns = texture == SceneTexture::kStriped ? 1 : kPhases;
  for (int phase = 0; phase < kPhases * columns; ++phase) {
    const double u0 = static_cast<double>(phase / kPhases) / kPhases;
    const double v0 = static_cast<double>(phase % kPhases) / kPhases;
    for (size_t i = 0; i < segment.size(); ++i) {
      marks[i] = TextureMark(texture, static_cast<float>((segment[i].x + 0.5) / period + u0),
                             static_cast<float>((segment[i].y + 0.5) / period + v0),
                             static_cast<float>(period));
    }
    best = std::max(best, Correlation(levels, marks));
  }
  return best;
}

SceneTexture DetectTexture(const Segment& segment, const std::vector<double>& levels,
                           double period) {
  const auto marked = std::count_if(levels.begin(), levels.end(),
                                    [](double level) { return level > kMarkedLevel; });
  if (static_cast<double>(marked) < kLeastMarked * static_cast<double>(levels.size())) {
    return SceneTexture::kSolid;
  }
  SceneTexture best = SceneTexture::kStriped;
  double best_fit = -2;
  for (int i = 1; i < kNumTextures; ++i) {
    const SceneTexture texture = static_cast<SceneTexture>(i);
    const double fit = TextureFit(texture, segment, levels, period);
    if (fit > best_fit) {
      best_fit = fit;
      best = texture;
    }
  }
  return best;
}

}  // namespace

Surface DetectSolidSurface(const RgbImage& image, const Segment& segment,
                           absl::Span<const SceneColor> colors) {
  const Rgb median = Median(Colors(image, segment));
  const SceneColor color =
      *std::min_element(colors.begin(), colors.end(), [&](SceneColor a, SceneColor b) {
        return RgbDistance(PaletteRgb(a), median) < RgbDistance(PaletteRgb(b), median);
      });
  return {color, SceneTexture::kSolid, median};
}

Surface DetectSurface(const RgbImage& image, const Segment& segment,
                      absl::Span<const SceneColor> colors) {
  const Segment interior = Interior(segment);
  const std::vector<Rgb> pixels = Colors(image, interior);
  ToneFit best;
  for (SceneColor color : colors) {
    ToneFit fit = FitTones(pixels, color);
    if (best.levels.empty() || fit.cost < best.cost) best = std::move(fit);
  }
  const double period = static_cast<double>(kTexturePeriod) * image.width;
  return {best.color, DetectTexture(interior, best.levels, period), Median(pixels)};
}

}  // namespace strobe::model
