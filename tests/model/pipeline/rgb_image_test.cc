#include <limits>

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/pipeline/text_to_image_pipeline.h"

namespace strobe::model {
namespace {

using ::testing::ElementsAre;

TEST(ToRgbImageTest, ChannelsBecomeInterleavedAndRowsStay) {
  const float values[] = {1 / 255.f, 2 / 255.f, 3 / 255.f, 4 / 255.f, 5 / 255.f, 6 / 255.f};
  const auto image = ToRgbImage(at::tensor(at::ArrayRef<float>(values)).reshape({3, 2, 1}));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->width, 1);
  EXPECT_EQ(image->height, 2);
  EXPECT_THAT(image->pixels, ElementsAre(1, 3, 5, 2, 4, 6));
}

TEST(ToRgbImageTest, HalvesAreRoundedToEvenAndValuesAreClamped) {
  const double values[] = {0.5 / 255, 1.5 / 255, 2.5 / 255, -1.0, 2.0, 254.6 / 255};
  const auto image = ToRgbImage(at::tensor(at::ArrayRef<double>(values)).reshape({3, 1, 2}));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_THAT(image->pixels, ElementsAre(0, 2, 255, 2, 0, 255));
}

TEST(ToRgbImageTest, ValuesThatAreNotFiniteAreAnError) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(ToRgbImage(at::full({3, 2, 2}, bad)).status().code(), absl::StatusCode::kInternal);
  }
}

TEST(ToRgbImagesTest, OneThatIsNotFiniteDoesNotSpoilTheOthers) {
  const at::Tensor bad = at::full({3, 2, 4}, std::numeric_limits<float>::infinity());
  const auto images = ToRgbImages({at::zeros({3, 2, 4}), bad, at::ones({3, 2, 4})});
  ASSERT_EQ(images.size(), 3u);
  ASSERT_TRUE(images[0].ok() && images[2].ok());
  EXPECT_EQ(images[1].status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(images[0]->width, 4);
  EXPECT_THAT(images[0]->pixels, testing::Each(0));
  EXPECT_THAT(images[2]->pixels, testing::Each(255));
  EXPECT_TRUE(ToRgbImages({}).empty());
}

TEST(ToRgbImageTest, AnotherShapeIsAnError) {
  EXPECT_FALSE(ToRgbImage(at::zeros({1, 3, 2, 2})).ok());
  EXPECT_FALSE(ToRgbImage(at::zeros({4, 2, 2})).ok());
}

}  // namespace
}  // namespace strobe::model
