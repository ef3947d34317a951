// A stage is a row: what passes through kEncodeImage, which no file of batching names, is batched,
// measured and accounted for like the rest.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/batching/batcher_fixture.h"

namespace strobe::server {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class StartImageTest : public BatcherFixture {
 protected:
  StartImageTest() {
    engine.stage_time =
        TimesOf(absl::Milliseconds(10), absl::Milliseconds(100), absl::Milliseconds(40));
    engine.stage_time[Stage::kEncodeImage] = absl::Milliseconds(30);
  }

  GenerationRequest FromImage(int steps, int images = 1) {
    GenerationRequest request = Request("from an image", steps, images);
    request.stages = model::kImageToImage;
    return request;
  }

  std::vector<Stage> StagesRun() const {
    std::vector<Stage> stages;
    for (const EngineCall& call : engine.calls()) stages.push_back(call.stage);
    return stages;
  }
};

TEST_F(StartImageTest, TheImageIsEncodedBetweenThePromptAndTheFirstStep) {
  Start();
  const Submitted made = Submit(FromImage(/*steps=*/2));
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  EXPECT_THAT(StagesRun(), ElementsAre(Stage::kEncodePrompt, Stage::kEncodeImage, Stage::kDenoise,
                                       Stage::kDenoise, Stage::kDecode));
  ASSERT_THAT(made.sink->pictures(), SizeIs(1));
  EXPECT_EQ(made.sink->pictures()[0].steps_done, 2);
}

TEST_F(StartImageTest, ImagesAreEncodedInBatchesWhoseTimeIsLearntAndCharged) {
  Start();
  const Submitted made = Submit(FromImage(/*steps=*/1, /*images=*/3));
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  EXPECT_EQ(batcher->costs().of(0).Predict(Stage::kEncodeImage, kFakeKey, 3),
            absl::Milliseconds(30));
  const SampleAccount account = made.sink->pictures()[0].account;
  EXPECT_EQ(account.stages[Stage::kEncodeImage].duration, absl::Milliseconds(30));
  EXPECT_THAT(account.stages[Stage::kEncodeImage].batch_sizes, ElementsAre(3));
}

TEST_F(StartImageTest, ARequestThatCannotEncodeItsImageInTimeIsLate) {
  CostModel costs;
  for (const Stage stage : model::kAllStages) {
    costs.Observe(stage, kFakeKey, 1, engine.stage_time[stage]);
  }
  Start(8, costs);
  GenerationRequest text = Request("from text");
  GenerationRequest image = FromImage(/*steps=*/1);
  text.deadline = image.deadline = clock.Now() + absl::Milliseconds(160);  // of 150 and of 180
  const Submitted late = Submit(std::move(image));
  EXPECT_EQ(late.sink->WaitForEnd().code(), absl::StatusCode::kDeadlineExceeded);
  const Submitted made = Submit(std::move(text));
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
}

TEST_F(StartImageTest, TextAndImageRequestsShareWhatTheyHaveInCommon) {
  Start();
  const Submitted plug = Plug();
  const Submitted from_text = Submit("from text", /*steps=*/1);
  const Submitted from_image = Submit(FromImage(/*steps=*/1));
  engine.Release();
  EXPECT_TRUE(from_text.sink->WaitForEnd().ok());
  EXPECT_TRUE(from_image.sink->WaitForEnd().ok());
  std::vector<EngineCall> encodings;
  for (const EngineCall& call : engine.calls()) {
    if (call.stage == Stage::kEncodePrompt) encodings.push_back(call);
  }
  ASSERT_THAT(encodings, SizeIs(2));  // the plug's
  EXPECT_THAT(encodings[1].prompts, SizeIs(2));
}

TEST_F(StartImageTest, AStageThatNobodyCanAskForHasNoMetric) {
  Start();
  const Submitted made = Submit(FromImage(/*steps=*/1));
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  EXPECT_EQ(MetricsText(registry).find(std::string(StageName(Stage::kEncodeImage))),
            std::string::npos);
  EXPECT_EQ(Metric("strobe_batch_size_count{stage=\"denoise\"}"), 1);
}

}  // namespace
}  // namespace strobe::server
