// Whether pictures made under load are those that the server makes of the same request alone.

#ifndef STROBE_CLIENT_LOAD_PIXEL_CHECK_H_
#define STROBE_CLIENT_LOAD_PIXEL_CHECK_H_

#include <string>
#include <vector>

#include "client/canceller.h"
#include "client/load/load_call.h"
#include "client/strobe_client.h"
#include "model/spec/generation_types.h"
#include "workload/workload.h"

namespace strobe::client {

// How two pictures of one size differ.
struct PixelDifference {
  int largest = 0;   // of 255
  double share = 0;  // of the values that differ at all
};

// What the API promises for the same seed in another batch.
inline constexpr PixelDifference kPixelTolerance = {1, 0.001};

// Both have `width` * `height` * 3 values. Pictures of different sizes differ in everything.
PixelDifference Compare(const model::RgbImage& a, const model::RgbImage& b);

bool WithinTolerance(const PixelDifference& difference);

struct PixelCheckResult {
  int checked = 0;       // pictures compared
  int identical = 0;     // bit for bit
  int mismatched = 0;    // beyond the tolerance
  int skipped = 0;       // ended early under load, or the server refused to make it again
  int repeated = 0;      // made twice alone
  int unrepeatable = 0;  // of these, not the same twice, bit for bit
  PixelDifference worst;
  std::string first_problem;  // of a mismatch, a skip or one that cannot be repeated
};

// Asks for each picture of `kept` twice again, one after the other with nothing else in flight, and
// compares the first with the one made under load, and the second with the first. Pictures that
// ended early (deadline, load) are skipped: alone they would not. Stops when `canceller` is
// cancelled. Formats must be lossless.
PixelCheckResult CheckPixels(StrobeClient& client, Canceller& canceller,
                             const workload::Workload& workload,
                             const std::vector<LoadCall::Result>& kept);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_PIXEL_CHECK_H_
