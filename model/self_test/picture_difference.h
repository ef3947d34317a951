// How far two pictures are apart, and how far they may be.

#ifndef STROBE_MODEL_SELF_TEST_PICTURE_DIFFERENCE_H_
#define STROBE_MODEL_SELF_TEST_PICTURE_DIFFERENCE_H_

#include <string>

#include "model/spec/generation_types.h"

namespace strobe::model {

// Of the values (three a pixel, 0 to 255) of two pictures of one size.
struct PictureDifference {
  int largest = 0;     // of any value
  double share = 0.0;  // of the values that differ at all, 0 to 1
  double mean = 0.0;   // over all values
};

// Pictures of different sizes differ by 255 in every value.
PictureDifference Compare(const RgbImage& a, const RgbImage& b);

// What is still the same picture. By default: off by at most 1, on at most 0.1 % of the values.
struct PictureTolerance {
  int largest = 1;
  double share = 0.001;
  double mean = 255.0;
};

bool IsWithin(const PictureDifference& difference, const PictureTolerance& tolerance);

// "off by up to 3, on 12.5 % of the values, by 0.2 on average".
std::string Describe(const PictureDifference& difference);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SELF_TEST_PICTURE_DIFFERENCE_H_
