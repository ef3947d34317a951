#include "server/imaging/encode_stage.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/image_io/image_codec.h"
#include "server/base/request_error.h"

namespace strobe::server {
namespace {

// Every reading is 5 ms after the one before.
class SteppingClock : public Clock {
 public:
  absl::Time Now() const override { return now_ += absl::Milliseconds(5); }

 private:
  mutable absl::Time now_ = absl::FromUnixSeconds(1000);
};

// Keeps the work until the test runs it, in any order.
class DeferredExecutor : public Executor {
 public:
  bool TrySchedule(std::function<void()> work) override {
    if (full) return false;
    queue.push_back(std::move(work));
    return true;
  }
  void RunAt(size_t i) {
    const std::function<void()> work = std::move(queue[i]);
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
    work();
  }
  void RunAll() {
    while (!queue.empty()) RunAt(0);
  }

  bool full = false;
  std::deque<std::function<void()>> queue;
};

class RecordingSink : public ResultSink {
 public:
  void OnProgress(int, int, int) override {}
  void OnPicture(SampleResult encoded) override { pictures.push_back(std::move(encoded)); }
  void OnEnd(absl::Status status) override { ends.push_back(std::move(status)); }

  std::vector<SampleResult> pictures;
  std::vector<absl::Status> ends;
};

SampleResult Picture(int steps_done, bool partial, int index = 0) {
  SampleResult result;
  result.index = index;
  result.partial = partial;
  result.steps_done = steps_done;
  result.image = {8, 8, std::vector<uint8_t>(8 * 8 * 3, static_cast<uint8_t>(10 * steps_done))};
  return result;
}

class EncodeStageTest : public ::testing::Test {
 protected:
  explicit EncodeStageTest(const ImagingOptions& options = {}) {
    auto executor = std::make_unique<DeferredExecutor>();
    executor_ = executor.get();
    stage_ = std::make_unique<EncodeStage>(options, "strobe test", clock_, metrics_,
                                           std::move(executor));
  }

  std::shared_ptr<GenerationTask> NewTask(int images = 1,
                                          model::ImageFormat format = model::ImageFormat::kPng) {
    model::ModelDescription model;
    model.name = "tiny";
    GenerationRequest request;
    request.model = ModelHandle(ModelKey(), std::move(model));
    request.samples.resize(static_cast<size_t>(images));
    for (auto& sample : request.samples) sample.prompt = "a secret prompt";
    request.output_format = format;
    return std::make_shared<GenerationTask>(std::move(request), sink_);
  }

  SteppingClock clock_;
  prometheus::Registry registry_;
  ImagingMetrics metrics_{registry_};
  DeferredExecutor* executor_ = nullptr;
  std::unique_ptr<EncodeStage> stage_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
};

TEST_F(EncodeStageTest, DeliversWhatTheRequestAskedForAndAccountsForTheTime) {
  const std::vector<std::pair<model::ImageFormat, model::ImageFormat>> formats = {
      {model::ImageFormat::kPng, model::ImageFormat::kPng},
      {model::ImageFormat::kJpeg, model::ImageFormat::kJpeg},
      {model::ImageFormat::kWebp, model::ImageFormat::kWebp},
      {model::ImageFormat::kRawRgb8, model::ImageFormat::kRawRgb8}};
  for (const auto& [asked, format] : formats) {
    sink_->pictures.clear();
    stage_->Consume(NewTask(1, asked), Picture(3, false));
    EXPECT_TRUE(sink_->pictures.empty()) << "encoded on the caller's thread";
    executor_->RunAll();
    ASSERT_EQ(sink_->pictures.size(), 1u);
    const SampleResult& got = sink_->pictures[0];
    const std::string plain = *model::EncodeImage(Picture(3, false).image, format, 90);
    if (format == model::ImageFormat::kRawRgb8) {
      EXPECT_EQ(got.encoded, plain);
    } else {
      EXPECT_EQ(model::DecodeImage(got.encoded)->pixels, model::DecodeImage(plain)->pixels);
      EXPECT_THAT(got.encoded, testing::HasSubstr("strobe test, model tiny\""));
      EXPECT_THAT(got.encoded, testing::Not(testing::HasSubstr("a secret prompt")));
    }
    EXPECT_EQ(got.image.width, 8);
    EXPECT_EQ(got.image.pixels.capacity(), 0u);
    EXPECT_EQ(got.account.imaging, absl::Milliseconds(5));
    EXPECT_EQ(got.steps_done, 3);
  }
  EXPECT_EQ(sink_->ends, std::vector<absl::Status>(4, absl::OkStatus()));
}

TEST_F(EncodeStageTest, ALatePartialIsNeverDeliveredAfterTheFinalPicture) {
  const auto task = NewTask(/*images=*/2);
  stage_->Consume(task, Picture(1, true));
  stage_->Consume(task, Picture(2, false));
  executor_->RunAt(1);  // the final one first
  executor_->RunAt(0);
  ASSERT_EQ(sink_->pictures.size(), 1u);
  EXPECT_FALSE(sink_->pictures[0].partial);
  EXPECT_EQ(metrics_.partial_images_dropped_total.Value(), 1);
}

TEST_F(EncodeStageTest, AnOlderPartialIsNotDeliveredAfterANewerOne) {
  const auto task = NewTask();
  stage_->Consume(task, Picture(1, true));
  stage_->Consume(task, Picture(2, true));
  executor_->RunAt(1);
  executor_->RunAt(0);
  ASSERT_EQ(sink_->pictures.size(), 1u);
  EXPECT_EQ(sink_->pictures[0].steps_done, 2);
}

TEST_F(EncodeStageTest, SamplesOfOneTaskDoNotSupersedeEachOther) {
  const auto task = NewTask(/*images=*/2);
  stage_->Consume(task, Picture(1, true, /*index=*/0));
  stage_->Consume(task, Picture(2, false, /*index=*/1));
  executor_->RunAt(1);
  executor_->RunAt(0);
  EXPECT_EQ(sink_->pictures.size(), 2u);
}

TEST_F(EncodeStageTest, PicturesInOrderAreAllDelivered) {
  const auto task = NewTask();
  for (int step = 1; step <= 3; ++step) {
    stage_->Consume(task, Picture(step, step < 3));
    executor_->RunAll();
  }
  EXPECT_EQ(sink_->pictures.size(), 3u);
  EXPECT_EQ(metrics_.partial_images_dropped_total.Value(), 0);
}

TEST_F(EncodeStageTest, AFullExecutorDropsPartialsAndFailsFinals) {
  executor_->full = true;
  const auto task = NewTask();
  stage_->Consume(task, Picture(1, true));
  EXPECT_FALSE(task->ended());
  EXPECT_EQ(metrics_.partial_images_dropped_total.Value(), 1);

  stage_->Consume(task, Picture(2, false));
  ASSERT_EQ(sink_->ends.size(), 1u);
  EXPECT_EQ(sink_->ends[0].code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(sink_->ends[0]), "ENCODE_QUEUE_FULL");
  EXPECT_GT(DetailsOf(sink_->ends[0]).retry_delay, absl::ZeroDuration());
}

TEST_F(EncodeStageTest, EndedTasksCostNothing) {
  const auto task = NewTask();
  stage_->Consume(task, Picture(1, true));
  task->Fail(absl::CancelledError("the caller left"));
  stage_->Consume(task, Picture(2, false));
  EXPECT_EQ(executor_->queue.size(), 1u);
  executor_->RunAll();
  EXPECT_TRUE(sink_->pictures.empty());
  EXPECT_EQ(sink_->ends.size(), 1u);
}

TEST_F(EncodeStageTest, APictureThatCannotBeEncodedFailsTheTask) {
  SampleResult broken = Picture(2, false);
  broken.image.pixels.pop_back();
  stage_->Consume(NewTask(), std::move(broken));
  executor_->RunAll();
  ASSERT_EQ(sink_->ends.size(), 1u);
  EXPECT_EQ(sink_->ends[0].code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(sink_->ends[0]), "IMAGE_ENCODE_FAILED");
}

TEST_F(EncodeStageTest, EveryEncodedPictureIsObserved) {
  const auto observed = [this] {
    for (const prometheus::MetricFamily& family : registry_.Collect()) {
      if (family.name != "strobe_stage_duration_seconds") continue;
      for (const prometheus::ClientMetric& metric : family.metric) {
        for (const auto& label : metric.label) {
          if (label.value == "encode_image") return metric.histogram;
        }
      }
    }
    return prometheus::ClientMetric::Histogram{};
  };
  stage_->Consume(NewTask(), Picture(2, false));
  executor_->RunAll();
  EXPECT_EQ(observed().sample_count, 1u);
  EXPECT_NEAR(observed().sample_sum, 0.005, 1e-9);
}

class EncodeStageWithTwoPartialsTest : public EncodeStageTest {
 protected:
  EncodeStageWithTwoPartialsTest() : EncodeStageTest({.max_pending_partials = 2}) {}
};

TEST_F(EncodeStageWithTwoPartialsTest, PartialsKeepWithinTheirBoundAndFinalsDoNotCount) {
  const auto task = NewTask(/*images=*/4);
  for (int index = 0; index < 3; ++index) stage_->Consume(task, Picture(1, true, index));
  EXPECT_EQ(executor_->queue.size(), 2u);
  EXPECT_EQ(metrics_.partial_images_dropped_total.Value(), 1);
  stage_->Consume(task, Picture(2, false, 3));
  EXPECT_EQ(executor_->queue.size(), 3u);
  executor_->RunAll();
  stage_->Consume(task, Picture(1, true, 2));
  EXPECT_EQ(executor_->queue.size(), 1u) << "the places were not given back";
  executor_->RunAll();
}

}  // namespace
}  // namespace strobe::server
