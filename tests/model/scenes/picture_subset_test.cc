#include "model/scenes/picture_subset.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/scenes/scene_dataset.h"

namespace strobe::model {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(IndicesOfTest, EveryPictureIsInOnePartAndOneInTwentyIsHeldOut) {
  const auto training = IndicesOf(DataPart::kTraining, 20000);
  const auto held_out = IndicesOf(DataPart::kHeldOut, 20000);
  EXPECT_EQ(training.size() + held_out.size(), 20000u);
  EXPECT_NEAR(static_cast<double>(held_out.size()), 1000, 100);
  std::vector<int64_t> both;
  std::set_intersection(training.begin(), training.end(), held_out.begin(), held_out.end(),
                        std::back_inserter(both));
  EXPECT_THAT(both, IsEmpty());
}

TEST(IndicesOfTest, APartGrowsWithTheSetAndLosesNothing) {
  const auto few = IndicesOf(DataPart::kHeldOut, 500);
  const auto many = IndicesOf(DataPart::kHeldOut, 1000);
  EXPECT_TRUE(std::includes(many.begin(), many.end(), few.begin(), few.end()));
}

TEST(IndicesOfTest, AFewPicturesAreAllTrainedOn) {
  EXPECT_THAT(IndicesOf(DataPart::kTraining, 99), SizeIs(99));
  EXPECT_THAT(IndicesOf(DataPart::kHeldOut, 99), IsEmpty());
}

TEST(PictureSubsetTest, ItsPicturesAreThoseThatItsIndicesName) {
  SceneDatasetOptions options;
  options.image_size = 16;
  const SceneDataset all(options);
  const PictureSubset some(std::make_unique<SceneDataset>(options), {7, 3});
  ASSERT_EQ(some.size(), 2);
  EXPECT_EQ(some.Picture(1)->pixels, all.Picture(3)->pixels);
  EXPECT_EQ(some.Texts(0)->captions[0].text, all.Texts(7)->captions[0].text);
  EXPECT_EQ(some.heads(), all.heads());
  EXPECT_EQ(some.Picture(2).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(some.Texts(-1).status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace strobe::model
