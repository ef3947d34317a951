#include "model/self_test/picture_difference.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace strobe::model {

PictureDifference Compare(const RgbImage& a, const RgbImage& b) {
  if (a.width != b.width || a.height != b.height || a.pixels.size() != b.pixels.size()) {
    return {255, 1.0, 255.0};
  }
  PictureDifference difference;
  if (a.pixels.empty()) return difference;
  double differing = 0;
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const int off = std::abs(int{a.pixels[i]} - int{b.pixels[i]});
    difference.largest = std::max(difference.largest, off);
    differing += off > 0;
    sum += off;
  }
  difference.share = differing / static_cast<double>(a.pixels.size());
  difference.mean = sum / static_cast<double>(a.pixels.size());
  return difference;
}

bool IsWithin(const PictureDifference& difference, const PictureTolerance& tolerance) {
  return difference.largest <= tolerance.largest && difference.share <= tolerance.share &&
         difference.mean <= tolerance.mean;
}

std::string Describe(const PictureDifference& difference) {
  return absl::StrCat("off by up to ", difference.largest, ", on ", difference.share * 100,
                      " % of the values, by ", difference.mean, " on average");
}

}  // namespace strobe::model
