#include "model/scenes/scene_dataset.h"

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "model/scenes/caption_truth.h"

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

TEST(SceneDatasetTest, EveryPictureHasItsSizeCaptionsAndLabels) {
  const SceneDataset dataset(SmallDataset());
  ASSERT_EQ(dataset.size(), 50);
  EXPECT_EQ(dataset.heads(), CaptionHeads());
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const auto picture = dataset.Picture(i);
    ASSERT_TRUE(picture.ok());
    EXPECT_EQ(picture->width, 32);
    EXPECT_EQ(picture->pixels.size(), 32u * 32 * 3);
    const auto texts = dataset.Texts(i);
    ASSERT_TRUE(texts.ok());
    ASSERT_EQ(texts->captions.size(), 3u);
    for (const PictureCaption& caption : texts->captions) {
      EXPECT_FALSE(caption.text.empty());
      ASSERT_EQ(caption.labels.size(), dataset.heads().size());
      EXPECT_EQ(caption.labels[0], texts->labels[0]);  // the number of objects
    }
  }
}

TEST(SceneDatasetTest, APictureIsTheSameWheneverItIsAskedFor) {
  const SceneDataset a(SmallDataset());
  const SceneDataset b(SmallDataset());
  const auto first = a.Picture(17);
  a.Picture(3).IgnoreError();
  EXPECT_EQ(first->pixels, b.Picture(17)->pixels);
  EXPECT_EQ(a.Texts(17)->captions[2].text, b.Texts(17)->captions[2].text);
  EXPECT_NE(first->pixels, a.Picture(18)->pixels);
}

TEST(SceneDatasetTest, OtherPicturesAreCaptionedInOtherForms) {
  SceneDatasetOptions options = SmallDataset();
  options.sampler.mix = {1, 0, 0, 0, 0};
  const SceneDataset dataset(options);
  std::set<size_t> lengths;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    lengths.insert(dataset.Texts(i)->captions[0].text.size());
  }
  EXPECT_GT(lengths.size(), 15u);
}

TEST(SceneDatasetTest, RefusesAnIndexBeyondItsEnd) {
  const SceneDataset dataset(SmallDataset());
  EXPECT_EQ(dataset.Picture(50).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(dataset.Texts(-1).status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace strobe::model
