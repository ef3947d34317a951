#include "model/evaluation/report/folder_prompts.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Picture i has colour 1 + i % 2 and shape 1 + i / 2 % 2. It has a caption of both, one of the
// colour alone, and one of nothing.
class ColoredShapes final : public CaptionedPictures {
 public:
  explicit ColoredShapes(int64_t size) : size_(size) {}

  int64_t size() const override { return size_; }
  int image_size() const override { return 8; }
  const AttributeHeads& heads() const override { return heads_; }
  absl::StatusOr<RgbImage> Picture(int64_t) const override {
    return absl::UnimplementedError("prompts look at no picture");
  }
  absl::StatusOr<PictureTexts> Texts(int64_t index) const override {
    const int color = 1 + static_cast<int>(index % 2);
    const int shape = 1 + static_cast<int>(index / 2 % 2);
    return PictureTexts{{{absl::StrCat("both ", index), {color, shape}},
                         {absl::StrCat("color ", index), {color, kNotSaid}},
                         {absl::StrCat("nothing ", index), {kNotSaid, kNotSaid}}},
                        {color, shape}};
  }

 private:
  int64_t size_;
  AttributeHeads heads_ = {{"color", {"", "blue", "red"}}, {"shape", {"", "ring", "star"}}};
};

FolderPromptOptions Options(CaptionStyle style, int num_prompts) {
  FolderPromptOptions options;
  options.style = style;
  options.num_prompts = num_prompts;
  options.num_spread_prompts = 3;
  options.num_spread_pictures = 4;
  return options;
}

TEST(FolderPromptsTest, ReferencesAreThePicturesOfWhichNoPromptIs) {
  const auto chosen = ChooseFolderPrompts(ColoredShapes(100), Options(CaptionStyle::kOpen, 40));
  ASSERT_TRUE(chosen.ok()) << chosen.status();
  std::set<int64_t> seen;
  for (const FolderPrompt& prompt : chosen->prompts) seen.insert(prompt.picture);
  for (const int64_t reference : chosen->references) seen.insert(reference);
  EXPECT_THAT(chosen->prompts, SizeIs(40));
  EXPECT_THAT(chosen->references, SizeIs(60));
  EXPECT_THAT(seen, SizeIs(100));
  EXPECT_NE(chosen->prompts[0].picture, 0);
}

TEST(FolderPromptsTest, FewerAreTheFirstOfMoreAndAnotherSeedGivesOthers) {
  const ColoredShapes pictures(100);
  FolderPromptOptions options = Options(CaptionStyle::kOpen, 10);
  const auto few = ChooseFolderPrompts(pictures, options);
  options.num_prompts = 30;
  const auto many = ChooseFolderPrompts(pictures, options);
  options.seed = 10;
  const auto others = ChooseFolderPrompts(pictures, options);
  int same = 0;
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(few->prompts[i].caption.text, many->prompts[i].caption.text);
    same += many->prompts[i].caption.text == others->prompts[i].caption.text ? 1 : 0;
  }
  EXPECT_LE(same, 3);
}

TEST(FolderPromptsTest, AStyleIsHowMuchACaptionSays) {
  const ColoredShapes pictures(60);
  for (const auto& [style, start] :
       {std::pair{CaptionStyle::kNamed, "both"}, {CaptionStyle::kSparse, "color"}}) {
    const auto chosen = ChooseFolderPrompts(pictures, Options(style, 20));
    ASSERT_TRUE(chosen.ok()) << chosen.status();
    for (const FolderPrompt& prompt : chosen->prompts) {
      EXPECT_THAT(prompt.caption.text, HasSubstr(start));
    }
  }
  std::set<size_t> lengths;
  const auto open = ChooseFolderPrompts(pictures, Options(CaptionStyle::kOpen, 30));
  for (const FolderPrompt& prompt : open->prompts) {
    lengths.insert(prompt.caption.text.find(' '));
  }
  EXPECT_THAT(lengths, SizeIs(3));
}

TEST(FolderPromptsTest, ASpreadPromptIsTrueOfAllItsPictures) {
  const ColoredShapes pictures(100);
  const auto chosen = ChooseFolderPrompts(pictures, Options(CaptionStyle::kNamed, 20));
  ASSERT_THAT(chosen->spread, SizeIs(3));
  for (size_t i = 0; i < chosen->spread.size(); ++i) {
    ASSERT_THAT(chosen->spread[i].pictures, SizeIs(4));
    for (const int64_t picture : chosen->spread[i].pictures) {
      EXPECT_EQ(pictures.Texts(picture)->labels, chosen->prompts[i].caption.labels);
    }
  }
  FolderPromptOptions many = Options(CaptionStyle::kNamed, 20);
  many.num_spread_pictures = 90;  // none is true of so many
  EXPECT_THAT(ChooseFolderPrompts(pictures, many)->spread, SizeIs(0));
}

TEST(FolderPromptsTest, TooFewPicturesAndCaptionsAreToldWithTheirNumber) {
  const absl::Status few =
      ChooseFolderPrompts(ColoredShapes(30), Options(CaptionStyle::kOpen, 20)).status();
  EXPECT_THAT(std::string(few.message()), HasSubstr("gives 15 open prompts, not 20"));
  EXPECT_THAT(std::string(few.message()), HasSubstr("references"));
  const absl::Status usual =
      ChooseFolderPrompts(ColoredShapes(30), Options(CaptionStyle::kUsual, 5)).status();
  EXPECT_EQ(usual.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace strobe::model
