#include "server/startup/warmup.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_stage_engine.h"

namespace strobe::server {
namespace {

constexpr BatchKey kFakeKey = {1, 16, 16};  // the fake engine's only warm-up size

TEST(WarmupTest, SlowStagesRunTwiceAtEveryBatchSize) {
  FakeClock clock;
  FakeStageEngine engine(&clock);
  engine.stage_time.values.fill(absl::Seconds(1));
  CostModel cost_model;
  ASSERT_EQ(WarmUp(engine, 3, 1, clock, cost_model), absl::OkStatus());
  std::map<std::pair<Stage, size_t>, int> runs;
  for (const EngineCall& call : engine.calls()) ++runs[{call.stage, call.prompts.size()}];
  EXPECT_EQ(runs.size(), 9u);
  for (const auto& [shape, count] : runs) EXPECT_EQ(count, 2) << shape.second;
  EXPECT_EQ(engine.live_samples(), 0);
}

TEST(WarmupTest, NoPromptComesTwice) {
  FakeClock clock;
  FakeStageEngine engine(&clock);
  CostModel cost_model;
  ASSERT_EQ(WarmUp(engine, 4, 1, clock, cost_model), absl::OkStatus());
  std::set<std::string> seen;
  for (const EngineCall& call : engine.calls()) {
    if (call.stage != Stage::kEncodePrompt) continue;
    for (const std::string& prompt : call.prompts)
      EXPECT_TRUE(seen.insert(prompt).second) << prompt;
  }
  EXPECT_EQ(seen.size(), 6u * (1 + 2 + 3 + 4));  // the fake's stages take no time
}

TEST(WarmupTest, CostModelPredictsWhatWasMeasured) {
  FakeClock clock;
  FakeStageEngine engine(&clock);
  engine.stage_time = TimesOf(absl::Milliseconds(5), absl::Milliseconds(20), absl::Milliseconds(7));
  engine.sample_time =
      TimesOf(absl::Milliseconds(1), absl::Milliseconds(10), absl::Milliseconds(2));
  CostModel cost_model;
  ASSERT_EQ(WarmUp(engine, 4, 1, clock, cost_model), absl::OkStatus());
  EXPECT_EQ(cost_model.Predict(Stage::kEncodePrompt, kFakeKey, 1), absl::Milliseconds(6));
  EXPECT_EQ(cost_model.Predict(Stage::kDenoise, kFakeKey, 4), absl::Milliseconds(60));
  EXPECT_EQ(cost_model.Predict(Stage::kDecode, kFakeKey, 2), absl::Milliseconds(11));
  EXPECT_EQ(cost_model.Predict(Stage::kPreview, kFakeKey, 2), absl::Milliseconds(11));
}

TEST(WarmupTest, StopsAtTwiceTheBatchBeyondWhichNothingIsSaved) {
  struct Case {
    absl::Duration stage_time, sample_time;
    int largest;
  };
  const Case cases[] = {
      {absl::ZeroDuration(), absl::Milliseconds(10), 8},    // nothing is ever saved
      {absl::Milliseconds(1), absl::Milliseconds(10), 8},   // 4 is within 2 % of 8
      {absl::Milliseconds(2), absl::Milliseconds(10), 10},  // and here 5 of 10
      {absl::Milliseconds(100), absl::Milliseconds(10), 16},
      {absl::ZeroDuration(), absl::ZeroDuration(), 16},  // nothing is known
  };
  for (const Case& each : cases) {
    FakeClock clock;
    FakeStageEngine engine(&clock);
    engine.stage_time.values.fill(each.stage_time);
    engine.sample_time.values.fill(each.sample_time);
    CostModel cost_model;
    ASSERT_EQ(WarmUp(engine, 16, 1, clock, cost_model), absl::OkStatus());
    size_t largest = 0;
    for (const EngineCall& call : engine.calls()) largest = std::max(largest, call.prompts.size());
    EXPECT_EQ(largest, each.largest) << each.stage_time << " " << each.sample_time;
  }
}

TEST(WarmupTest, ABatchThatDoesNotFitIsNamedWithWhatHelps) {
  FakeClock clock;
  FakeStageEngine engine(&clock);
  engine.largest_batch = 3;
  CostModel cost_model;
  EXPECT_EQ(WarmUp(engine, 3, 1, clock, cost_model), absl::OkStatus());
  const absl::Status status = WarmUp(engine, 4, 1, clock, cost_model);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              testing::AllOf(testing::HasSubstr("model fake at 16x16, batch 4"),
                             testing::HasSubstr("--max-batch-size")));
}

TEST(WarmupTest, APreviewDecoderIsMeasuredForItself) {
  FakeClock clock;
  FakeStageEngine engine(&clock);
  engine.AddPreviewDecoder();
  engine.stage_time = TimesOf(absl::Milliseconds(5), absl::Milliseconds(20), absl::Milliseconds(7),
                              absl::Milliseconds(2));
  CostModel cost_model;
  ASSERT_EQ(WarmUp(engine, 1, 1, clock, cost_model), absl::OkStatus());
  EXPECT_EQ(cost_model.Predict(Stage::kDecode, kFakeKey, 1), absl::Milliseconds(7));
  EXPECT_EQ(cost_model.Predict(Stage::kPreview, kFakeKey, 1), absl::Milliseconds(2));
}

// The first decode of every shape costs more than the second.
class ColdEngine final : public StageEngine {
 public:
  explicit ColdEngine(FakeClock& clock) : clock_(clock) {}
  int max_lanes() const override { return 1; }
  void UseLanes(int /*lanes*/) override {}
  const std::vector<LoadedModel>& models() const override { return fake_.models(); }
  absl::StatusOr<std::unique_ptr<SampleState>> CreateSample(
      ModelKey model, const model::GenerationSpec& spec) override {
    return fake_.CreateSample(model, spec);
  }
  absl::StatusOr<Pictures> Run(Stage stage, absl::Span<SampleState* const> batch) override {
    if (stage != Stage::kDecode) return fake_.Run(stage, batch);
    clock_.Advance(++decodes_ % 2 == 1 ? absl::Seconds(9) : absl::Seconds(1));
    if (not_finite_) return Pictures{absl::InternalError("nan")};
    return fake_.Run(stage, batch);
  }

  bool not_finite_ = false;

 private:
  FakeClock& clock_;
  FakeStageEngine fake_;
  int decodes_ = 0;
};

TEST(WarmupTest, TheFirstPassDoesNotCount) {
  FakeClock clock;
  ColdEngine engine(clock);
  CostModel cost_model;
  ASSERT_EQ(WarmUp(engine, 2, 1, clock, cost_model), absl::OkStatus());
  EXPECT_EQ(cost_model.Predict(Stage::kDecode, kFakeKey, 1), absl::Seconds(1));
  EXPECT_EQ(cost_model.Predict(Stage::kDecode, kFakeKey, 2), absl::Seconds(1));
}

TEST(WarmupTest, EveryLaneRunsEveryShapeAtOnceBesideTwoRunsAlone) {
  FakeClock clock;
  FakeStageEngine engine(&clock);
  engine.stage_time.values.fill(absl::Seconds(1));
  CostModel cost_model;
  ASSERT_EQ(WarmUp(engine, 2, /*lanes=*/3, clock, cost_model), absl::OkStatus());
  std::map<std::pair<Stage, size_t>, int> runs;
  for (const EngineCall& call : engine.calls()) ++runs[{call.stage, call.prompts.size()}];
  for (const auto& [shape, count] : runs) EXPECT_EQ(count, 2 + 3) << shape.second;
}

TEST(WarmupTest, MoreLanesAreTakenAsLongAsTheyPay) {
  struct Case {
    int max_lanes;
    std::map<int, double> rates;  // by lanes
    int chosen;
    std::vector<int> asked;
  };
  const Case cases[] = {
      {1, {}, 1, {}},
      {2, {{1, 100}, {2, 190}}, 2, {1, 2}},
      {2, {{1, 100}, {2, 104}}, 1, {1, 2}},
      {6, {{1, 10}, {2, 20}, {4, 40}, {6, 60}}, 6, {1, 2, 4, 6}},
      {8, {{1, 10}, {2, 20}, {4, 19}}, 2, {1, 2, 4}},
  };
  for (const Case& each : cases) {
    std::vector<int> asked;
    const auto chosen = ChooseLanes(each.max_lanes, [&](int lanes) -> absl::StatusOr<double> {
      asked.push_back(lanes);
      return each.rates.at(lanes);
    });
    EXPECT_THAT(chosen, testing::Eq(absl::StatusOr<int>(each.chosen)));
    EXPECT_EQ(asked, each.asked);
  }
  EXPECT_FALSE(ChooseLanes(2, [](int) -> absl::StatusOr<double> {
                 return absl::InternalError("broken");
               }).ok());
}

TEST(WarmupTest, TheRateCountsThePicturesOfAllLanes) {
  FakeClock clock;
  FakeStageEngine engine(&clock);  // lanes advance the clock one after the other
  engine.stage_time =
      TimesOf(absl::Milliseconds(10), absl::Milliseconds(80), absl::Milliseconds(10));
  EXPECT_EQ(*MeasureRate(engine, 5, /*lanes=*/1, clock), 50);
  EXPECT_EQ(*MeasureRate(engine, 5, /*lanes=*/4, clock), 50);
}

TEST(WarmupTest, SlowWarmUpReportsProgress) {
  FakeClock clock;
  ColdEngine engine(clock);
  testing::internal::CaptureStderr();
  CostModel cost_model;
  ASSERT_EQ(WarmUp(engine, 3, 1, clock, cost_model), absl::OkStatus());
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(testing::HasSubstr("\"msg\":\"warming up\""),
                             testing::HasSubstr("\"batch_size\":3,\"sizes_done\":0,\"sizes\":1")));
}

TEST(WarmupTest, APictureThatIsNotFiniteIsRefusedByModelSizeAndBatch) {
  FakeClock clock;
  ColdEngine engine(clock);
  engine.not_finite_ = true;
  CostModel cost_model;
  const absl::Status status = WarmUp(engine, 1, 1, clock, cost_model);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()),
              testing::AllOf(testing::HasSubstr("fake"), testing::HasSubstr("16x16, batch 1"),
                             testing::HasSubstr("nan")));
}

}  // namespace
}  // namespace strobe::server
