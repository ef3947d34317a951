#include "server/requests/request_limits.h"

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

TEST(RequestLimitsTest, AMessageHoldsEveryTextAtItsLimit) {
  RequestLimits limits;
  for (const int images : {1, 8, 1024}) {
    for (const int bytes : {1, 2048, 16384}) {
      limits.max_images_per_request = images;
      limits.max_prompt_bytes = bytes;
      EXPECT_GE(MaxMessageBytes(limits), size_t{2} * images * bytes) << images << " " << bytes;
    }
  }
}

TEST(RequestLimitsTest, AMessageIsBoundedByTheLimitsOfARequest) {
  RequestLimits limits;
  EXPECT_EQ(MaxMessageBytes(limits), 65'536 + 2 * 8 * (2048 + 8));
  limits.max_images_per_request = 1;
  EXPECT_EQ(MaxMessageBytes(limits), 65'536 + 2 * (2048 + 8));
}

TEST(RequestLimitsTest, ALargestPictureFitsIntoAResponse) {
  EXPECT_EQ(RequestLimits().max_image_bytes + kPictureFieldsBytes, kMaxResponseBytes);
}

}  // namespace
}  // namespace strobe::server
