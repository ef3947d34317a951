#include "model/evaluation/detectors/picture_segments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace strobe::model {
namespace {

constexpr double kBorder = 3.0 / 64;       // widths
constexpr double kLeastArea = 0.008;       // of the picture
constexpr double kLeastDifference = 0.11;  // of a pixel to the background
constexpr double kFaintShare = 0.22;       // of the strongest difference, for finding things
constexpr Pixel kNeighbours[] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};

double Quantile(std::vector<double> values, double q) {
  const size_t at = static_cast<size_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

// Channel by channel.
Rgb BorderMedian(const RgbImage& image) {
  const int width = std::max(1, static_cast<int>(std::lround(kBorder * image.width)));
  std::array<std::vector<double>, 3> channels;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const int from_edge = std::min({x, y, image.width - 1 - x, image.height - 1 - y});
      if (from_edge >= width) continue;
      const Rgb rgb = PixelRgb(image, {x, y});
      for (size_t c = 0; c < 3; ++c) channels[c].push_back(rgb[c]);
    }
  }
  Rgb median;
  for (size_t c = 0; c < 3; ++c) median[c] = static_cast<float>(Quantile(channels[c], 0.5));
  return median;
}

// How far each pixel is from the background.
class DifferenceMap {
 public:
  DifferenceMap(const RgbImage& image, const Rgb& background)
      : width_(image.width), height_(image.height) {
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        values_.push_back(RgbDistance(PixelRgb(image, {x, y}), background));
      }
    }
  }

  int width() const { return width_; }
  int height() const { return height_; }
  const std::vector<double>& values() const { return values_; }
  double at(Pixel p) const { return values_[Index(p)]; }
  size_t Index(Pixel p) const {
    return static_cast<size_t>(p.y) * static_cast<size_t>(width_) + static_cast<size_t>(p.x);
  }
  bool Inside(Pixel p) const { return p.x >= 0 && p.y >= 0 && p.x < width_ && p.y < height_; }

 private:
  int width_, height_;
  std::vector<double> values_;
};

// The connected group around `start`; takes its pixels out of `open`.
Segment FloodFill(const DifferenceMap& map, Pixel start, std::vector<char>& open) {
  Segment segment = {start};
  open[map.Index(start)] = 0;
  for (size_t next = 0; next < segment.size(); ++next) {
    const Pixel at = segment[next];
    for (const Pixel& step : kNeighbours) {
      const Pixel to = {at.x + step.x, at.y + step.y};
      if (!map.Inside(to) || !open[map.Index(to)]) continue;
      open[map.Index(to)] = 0;
      segment.push_back(to);
    }
  }
  return segment;
}

std::vector<Segment> ConnectedGroups(const DifferenceMap& map, double threshold) {
  std::vector<char> open;
  for (double value : map.values()) open.push_back(value > threshold ? 1 : 0);
  std::vector<Segment> groups;
  for (int y = 0; y < map.height(); ++y) {
    for (int x = 0; x < map.width(); ++x) {
      if (open[map.Index({x, y})]) groups.push_back(FloodFill(map, {x, y}, open));
    }
  }
  return groups;
}

// Drops the pixels at the edge that are more background than thing. The fainter of two tones
// counts: a tenth of the segment may lie below the level that the rest is measured by.
Segment Sharpen(const DifferenceMap& map, const Segment& segment) {
  std::vector<char> member(map.values().size(), 0);
  for (const Pixel& p : segment) member[map.Index(p)] = 1;
  std::vector<double> interior;
  for (const Pixel& p : segment) {
    const bool inner =
        std::all_of(std::begin(kNeighbours), std::end(kNeighbours), [&](const Pixel& step) {
          const Pixel to = {p.x + step.x, p.y + step.y};
          return !map.Inside(to) || member[map.Index(to)];
        });
    if (inner) interior.push_back(map.at(p));
  }
  if (interior.empty()) return segment;
  const double threshold = 0.5 * Quantile(std::move(interior), 0.1);
  Segment sharp;
  for (const Pixel& p : segment) {
    if (map.at(p) > threshold) sharp.push_back(p);
  }
  std::sort(sharp.begin(), sharp.end(), [](const Pixel& a, const Pixel& b) {
    return std::pair(a.y, a.x) < std::pair(b.y, b.x);
  });
  return sharp;
}

}  // namespace

Rgb PixelRgb(const RgbImage& image, Pixel pixel) {
  const uint8_t* at =
      &image.pixels[3 * (static_cast<size_t>(pixel.y) * static_cast<size_t>(image.width) +
                         static_cast<size_t>(pixel.x))];
  return {static_cast<float>(at[0]) / 255.0f, static_cast<float>(at[1]) / 255.0f,
          static_cast<float>(at[2]) / 255.0f};
}

double RgbDistance(const Rgb& a, const Rgb& b) {
  double sum = 0.0;
  for (size_t c = 0; c < 3; ++c) {
    const double difference = static_cast<double>(a[c]) - b[c];
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

PictureSegments SegmentPicture(const RgbImage& image, SceneDomain domain, bool whole) {
  const Rgb median = BorderMedian(image);
  PictureSegments result;
  result.background_rgb = median;
  const auto backgrounds = DomainBackgrounds(domain);
  result.background =
      *std::min_element(backgrounds.begin(), backgrounds.end(), [&](SceneColor a, SceneColor b) {
        return RgbDistance(PaletteRgb(a), median) < RgbDistance(PaletteRgb(b), median);
      });

  const DifferenceMap map(image, median);
  const double strongest = Quantile(map.values(), 0.98);
  std::vector<Segment> groups;
  if (whole) {
    Segment all;
    for (const Segment& group : ConnectedGroups(map, std::max(kLeastDifference, 0.5 * strongest))) {
      all.insert(all.end(), group.begin(), group.end());
    }
    if (!all.empty()) groups.push_back(std::move(all));
  } else {
    groups = ConnectedGroups(map, std::max(kLeastDifference, kFaintShare * strongest));
  }
  const double least = kLeastArea * image.width * image.height;
  for (const Segment& group : groups) {
    Segment sharp = Sharpen(map, group);
    if (static_cast<double>(sharp.size()) >= least) result.segments.push_back(std::move(sharp));
  }
  std::stable_sort(result.segments.begin(), result.segments.end(),
                   [](const Segment& a, const Segment& b) { return a.size() > b.size(); });
  return result;
}

}  // namespace strobe::model
