#include "server/startup/self_test.h"

#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "model/self_test/stored_pictures.h"
#include "tests/fakes/fake_stage_engine.h"

namespace strobe::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SelfTestTest : public testing::Test {
 protected:
  SelfTestTest() : directory_(testing::TempDir() + absl::StrCat("/self-test-", getpid())) {
    engine_.SetDirectory(directory_);
  }
  ~SelfTestTest() override { std::filesystem::remove_all(directory_); }

  // Stores what the engine draws.
  void Store(const std::string& prompt, int side, int steps) {
    model::GenerationSpec spec;
    spec.prompt = prompt;
    spec.width = spec.height = side;
    spec.num_inference_steps = steps;
    spec.seed = stored_.pictures.size();
    stored_.pictures.push_back({spec, FakeStageEngine::PictureOf(spec, steps)});
    ASSERT_EQ(model::WriteStoredPictures(directory_, stored_), absl::OkStatus());
  }

  absl::Status Run(int max_batch_size = 4) { return RunSelfTest(engine_, max_batch_size, costs_); }

  std::string ErrorOf(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    return std::string(status.message());
  }

  // Sizes of the batches that were decoded.
  std::vector<int> Decoded() const {
    std::vector<int> sizes;
    for (const EngineCall& call : engine_.calls()) {
      if (call.stage == Stage::kDecode) sizes.push_back(static_cast<int>(call.prompts.size()));
    }
    return sizes;
  }

  const std::string directory_;
  model::StoredPictures stored_;
  FakeStageEngine engine_;
  CostModel costs_;
};

TEST_F(SelfTestTest, AFullBatchIsComparedWithItsFirstAndLastPictureDrawnAlone) {
  EXPECT_EQ(Run(), absl::OkStatus());
  EXPECT_EQ(Decoded(), (std::vector<int>{4, 1, 1}));
  std::set<int> steps;  // rows at different steps and of different numbers of them
  for (const EngineCall& call : engine_.calls()) {
    if (call.stage == Stage::kDenoise) steps.insert(static_cast<int>(call.prompts.size()));
  }
  EXPECT_EQ(steps, (std::set<int>{1, 4}));
}

TEST_F(SelfTestTest, APictureThatDependsOnItsBatchFails) {
  engine_.batch_changes_pictures = true;
  EXPECT_THAT(ErrorOf(Run()),
              AllOf(HasSubstr("model fake"), HasSubstr("batch of 4"), HasSubstr("off by up to")));
  EXPECT_EQ(Run(/*max_batch_size=*/1), absl::OkStatus());
}

TEST_F(SelfTestTest, StoredPicturesAreDrawnInTheBatchAndCompared) {
  Store("a red circle", 16, 3);
  Store("a blue star", 16, 1);
  EXPECT_EQ(Run(), absl::OkStatus());
  EXPECT_EQ(Decoded(), (std::vector<int>{4, 1, 1}));
  EXPECT_EQ(engine_.calls().front().prompts[0], "a red circle");
}

TEST_F(SelfTestTest, APictureThatIsNotTheStoredOneFails) {
  Store("a red circle", 16, 3);
  stored_.pictures[0].image.pixels[5] ^= 0x80;
  ASSERT_EQ(model::WriteStoredPictures(directory_, stored_), absl::OkStatus());
  EXPECT_THAT(ErrorOf(Run()), AllOf(HasSubstr("seed 0, 3 steps, 16x16"), HasSubstr("stored"),
                                    HasSubstr("off by up to 128")));
}

TEST_F(SelfTestTest, TheStoredToleranceCounts) {
  Store("a red circle", 16, 3);
  stored_.pictures[0].image.pixels[5] ^= 2;
  stored_.tolerance = {2, 0.01};
  ASSERT_EQ(model::WriteStoredPictures(directory_, stored_), absl::OkStatus());
  EXPECT_EQ(Run(), absl::OkStatus());
}

TEST_F(SelfTestTest, StoredPicturesOfSeveralSizesAndMoreThanABatchAreAllDrawn) {
  for (const int side : {16, 32, 16, 16, 32}) Store("a", side, 1);
  EXPECT_EQ(Run(2), absl::OkStatus());
  EXPECT_EQ(Decoded(), (std::vector<int>{2, 1, 1, 2, 1, 1, 2, 1, 1}));
}

TEST_F(SelfTestTest, ABatchThatTakesLongIsMadeSmaller) {
  costs_.Observe(Stage::kDenoise, {1, 16, 16}, 8, absl::Seconds(9));
  EXPECT_EQ(Run(8), absl::OkStatus());
  EXPECT_EQ(Decoded(), (std::vector<int>{2, 1, 1}));
}

TEST_F(SelfTestTest, SixteenBitsMayRoundDifferentlyInEveryBatch) {
  engine_.batch_changes_pictures = true;
  engine_.SetDtype("bfloat16");
  EXPECT_EQ(Run(), absl::OkStatus());
  engine_.batch_changes_pictures = false;
  Store("a red circle", 16, 3);
  for (uint8_t& value : stored_.pictures[0].image.pixels) value ^= 0x10;
  ASSERT_EQ(model::WriteStoredPictures(directory_, stored_), absl::OkStatus());
  EXPECT_THAT(ErrorOf(Run()), HasSubstr("by 16 on average"));
}

TEST_F(SelfTestTest, WhatTheEngineRefusesIsItsOwnError) {
  Store("fail-denoise", 16, 1);
  EXPECT_EQ(Run().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace strobe::server
