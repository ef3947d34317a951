#include "model/evaluation/detectors/alignment_score.h"

#include <optional>

#include "gtest/gtest.h"

namespace strobe::model {
namespace {

SaidObject Said(SceneShape shape, SceneColor color) { return {shape, color, std::nullopt, {}}; }

DetectedObject Seen(SceneShape shape, SceneColor color, double x, double y) {
  DetectedObject object;
  object.shape = shape;
  object.color = color;
  object.center_x = x;
  object.center_y = y;
  object.radius = 0.3;
  return object;
}

// "a red circle to the left of a blue square on a white background"
CaptionTruth RedCircleLeftOfBlueSquare() {
  CaptionTruth truth;
  truth.kind = SceneKind::kPair;
  truth.background = SceneColor::kWhite;
  truth.objects = {Said(SceneShape::kCircle, SceneColor::kRed),
                   Said(SceneShape::kSquare, SceneColor::kBlue)};
  truth.count = 2;
  truth.relation = SceneRelation::kLeftOf;
  return truth;
}

TEST(AlignmentScoreTest, IsAllRightWhateverTheOrderOfDetection) {
  DetectedScene scene;
  scene.background = SceneColor::kWhite;
  scene.objects = {Seen(SceneShape::kSquare, SceneColor::kBlue, 0.7, 0.5),
                   Seen(SceneShape::kCircle, SceneColor::kRed, 0.3, 0.5)};
  const AlignmentScore score = ScoreAlignment(scene, RedCircleLeftOfBlueSquare());
  EXPECT_TRUE(score.AllRight());
  EXPECT_DOUBLE_EQ(score.Mean(), 1.0);
  EXPECT_EQ(score.share(Attribute::kRelation), 1.0);
  EXPECT_EQ(score.share(Attribute::kCount), 1.0);
}

TEST(AlignmentScoreTest, SwappedSidesCostOnlyTheRelation) {
  DetectedScene scene;
  scene.background = SceneColor::kWhite;
  scene.objects = {Seen(SceneShape::kSquare, SceneColor::kBlue, 0.3, 0.5),
                   Seen(SceneShape::kCircle, SceneColor::kRed, 0.7, 0.5)};
  const AlignmentScore score = ScoreAlignment(scene, RedCircleLeftOfBlueSquare());
  EXPECT_EQ(score.share(Attribute::kRelation), 0.0);
  EXPECT_EQ(score.share(Attribute::kColor), 1.0);
  EXPECT_EQ(score.share(Attribute::kShape), 1.0);
  EXPECT_FALSE(score.AllRight());
  EXPECT_DOUBLE_EQ(score.Mean(), 0.8);  // background, color, shape, count, relation
}

TEST(AlignmentScoreTest, SwappedColoursAreABindingError) {
  DetectedScene scene;
  scene.background = SceneColor::kWhite;
  scene.objects = {Seen(SceneShape::kCircle, SceneColor::kBlue, 0.3, 0.5),
                   Seen(SceneShape::kSquare, SceneColor::kRed, 0.7, 0.5)};
  const AlignmentScore score = ScoreAlignment(scene, RedCircleLeftOfBlueSquare());
  EXPECT_EQ(score.share(Attribute::kColor), 0.0);
  EXPECT_EQ(score.share(Attribute::kShape), 1.0);
  EXPECT_EQ(score.share(Attribute::kRelation), 1.0);
}

TEST(AlignmentScoreTest, AMissingObjectIsWrongInAllThatWasAskedOfIt) {
  DetectedScene scene;
  scene.background = SceneColor::kBlack;
  scene.objects = {Seen(SceneShape::kCircle, SceneColor::kRed, 0.5, 0.5)};
  const AlignmentScore score = ScoreAlignment(scene, RedCircleLeftOfBlueSquare());
  EXPECT_EQ(score.share(Attribute::kColor), 0.5);
  EXPECT_EQ(score.share(Attribute::kShape), 0.5);
  EXPECT_EQ(score.share(Attribute::kRelation), 0.0);
  EXPECT_EQ(score.share(Attribute::kCount), 0.0);
  EXPECT_EQ(score.share(Attribute::kBackground), 0.0);
}

TEST(AlignmentScoreTest, AnEmptyPictureScoresNothing) {
  CaptionTruth truth;
  truth.objects = {Said(SceneShape::kStar, SceneColor::kRed)};
  truth.objects[0].size = SceneSize::kLarge;
  truth.position = ScenePosition::kCenter;
  const AlignmentScore score = ScoreAlignment(DetectedScene{}, truth);
  EXPECT_DOUBLE_EQ(score.Mean(), 0.0);
  EXPECT_EQ(score.share(Attribute::kPosition), 0.0);
  EXPECT_EQ(score.share(Attribute::kSize), 0.0);
}

TEST(AlignmentScoreTest, AsksOnlyForWhatTheCaptionSays) {
  CaptionTruth truth;
  truth.objects = {SaidObject{}};
  truth.position = ScenePosition::kCenter;
  DetectedScene scene;
  scene.objects = {Seen(SceneShape::kRing, SceneColor::kBlack, 0.5, 0.5)};
  const AlignmentScore score = ScoreAlignment(scene, truth);
  for (Attribute attribute :
       {Attribute::kBackground, Attribute::kColor, Attribute::kShape, Attribute::kSize,
        Attribute::kTexture, Attribute::kRelation, Attribute::kCount}) {
    EXPECT_EQ(score.share(attribute), std::nullopt) << AttributeName(attribute);
  }
  EXPECT_EQ(score.share(Attribute::kPosition), 1.0);
}

TEST(AlignmentScoreTest, ATextureSaidOfOneObjectIsAskedOfAll) {
  CaptionTruth truth = RedCircleLeftOfBlueSquare();
  truth.objects[0].texture = SceneTexture::kDotted;
  DetectedScene scene;
  scene.background = SceneColor::kWhite;
  scene.objects = {Seen(SceneShape::kCircle, SceneColor::kRed, 0.3, 0.5),
                   Seen(SceneShape::kSquare, SceneColor::kBlue, 0.7, 0.5)};
  scene.objects[0].texture = SceneTexture::kDotted;
  scene.objects[1].texture = SceneTexture::kDotted;  // it leaked
  EXPECT_EQ(ScoreAlignment(scene, truth).share(Attribute::kTexture), 0.5);
}

TEST(AlignmentScoreTest, CountsObjectsThatLookTheSame) {
  CaptionTruth truth;
  truth.kind = SceneKind::kCount;
  truth.count = 3;
  truth.objects = {Said(SceneShape::kStar, SceneColor::kRed)};
  DetectedScene scene;
  scene.objects.assign(3, Seen(SceneShape::kStar, SceneColor::kRed, 0.5, 0.5));
  EXPECT_TRUE(ScoreAlignment(scene, truth).AllRight());
  scene.objects[2].color = SceneColor::kBlue;
  EXPECT_DOUBLE_EQ(*ScoreAlignment(scene, truth).share(Attribute::kColor), 2.0 / 3);
  scene.objects.push_back(scene.objects[0]);
  EXPECT_EQ(ScoreAlignment(scene, truth).share(Attribute::kCount), 0.0);
  EXPECT_EQ(ScoreAlignment(scene, truth).share(Attribute::kColor), 1.0);
}

TEST(AlignmentScoreTest, JudgesSizesByTheKindOfScene) {
  DetectedScene scene;
  scene.objects = {Seen(SceneShape::kCircle, SceneColor::kRed, 0.5, 0.5)};
  scene.objects[0].radius = 12.5 / 64;  // large beside another object, small alone
  CaptionTruth truth;
  truth.objects = {SaidObject{}};
  truth.objects[0].size = SceneSize::kLarge;
  EXPECT_EQ(ScoreAlignment(scene, truth).share(Attribute::kSize), 0.0);
  truth.kind = SceneKind::kPair;
  EXPECT_EQ(ScoreAlignment(scene, truth).share(Attribute::kSize), 1.0);
}

}  // namespace
}  // namespace strobe::model
