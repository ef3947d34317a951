#include "model/scenes/scene_dataset.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace strobe::model {
namespace {

SceneDatasetOptions SmallDataset() {
  SceneDatasetOptions options;
  options.sampler.domain = SceneDomain::kRich;
  options.sampler.seed = 21;
  options.num_pictures = 50;
  options.image_size = 32;
  options.captions_per_picture = 3;
  return options;
}

TEST(SceneDatasetTest, EveryPictureHasItsSizeCaptionsAndTruth) {
  const SceneDataset dataset(SmallDataset());
  ASSERT_EQ(dataset.size(), 50);
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const auto picture = dataset.Get(i);
    ASSERT_TRUE(picture.ok());
    EXPECT_EQ(picture->image.width, 32);
    EXPECT_EQ(picture->image.pixels.size(), 32u * 32 * 3);
    ASSERT_EQ(picture->captions.size(), 3u);
    for (const PictureCaption& caption : picture->captions) {
      EXPECT_FALSE(caption.text.empty());
      ASSERT_TRUE(caption.truth.has_value());
      EXPECT_EQ(caption.truth->count, static_cast<int>(picture->scene->objects.size()));
    }
  }
}

TEST(SceneDatasetTest, APictureIsTheSameWheneverItIsAskedFor) {
  const SceneDataset a(SmallDataset());
  const SceneDataset b(SmallDataset());
  const auto first = a.Get(17);
  a.Get(3).IgnoreError();
  const auto again = b.Get(17);
  EXPECT_EQ(first->image.pixels, again->image.pixels);
  EXPECT_EQ(first->captions[2].text, again->captions[2].text);
  EXPECT_NE(first->image.pixels, a.Get(18)->image.pixels);
}

TEST(SceneDatasetTest, CaptionsAloneAreThoseOfThePicture) {
  const SceneDataset dataset(SmallDataset());
  const auto captions = dataset.GetCaptions(5);
  ASSERT_TRUE(captions.ok());
  EXPECT_TRUE(captions->image.pixels.empty());
  EXPECT_EQ(captions->captions[1].text, dataset.Get(5)->captions[1].text);
}

TEST(SceneDatasetTest, OtherPicturesAreCaptionedInOtherForms) {
  SceneDatasetOptions options = SmallDataset();
  options.sampler.mix = {1, 0, 0, 0, 0};
  const SceneDataset dataset(options);
  std::set<size_t> lengths;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    lengths.insert(dataset.Get(i)->captions[0].text.size());
  }
  EXPECT_GT(lengths.size(), 15u);
}

TEST(SceneDatasetTest, RefusesAnIndexBeyondItsEnd) {
  const SceneDataset dataset(SmallDataset());
  EXPECT_EQ(dataset.Get(50).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(dataset.Get(-1).status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace strobe::model
