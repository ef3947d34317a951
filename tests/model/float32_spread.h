// How far two float32 runs of one network may be from each other.

#ifndef STROBE_TESTS_MODEL_FLOAT32_SPREAD_H_
#define STROBE_TESTS_MODEL_FLOAT32_SPREAD_H_

namespace strobe::model {

// So many times as far as one of them is from the same run in float64, which is recorded with a
// golden or computed by the test. Processors add in other orders, and libraries choose other
// algorithms by shape and processor (Winograd's among them): each run is off by a small multiple of
// the other's error.
constexpr double kFloat32Spread = 8.0;

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_FLOAT32_SPREAD_H_
