#include "server/batching/sample_queue.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/recording_sink.h"

namespace strobe::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'600'000'000);

std::shared_ptr<GenerationTask> MakeTask(int images, absl::Time deadline) {
  GenerationRequest request;
  request.samples.resize(images);
  request.deadline = deadline;
  return std::make_shared<GenerationTask>(std::move(request), std::make_shared<RecordingSink>());
}

TEST(PreviewStepsTest, AreEvenlySpacedAndNeverTheLastStep) {
  EXPECT_THAT(PreviewSteps(0, 4), IsEmpty());
  EXPECT_THAT(PreviewSteps(3, 1), IsEmpty());
  EXPECT_THAT(PreviewSteps(1, 2), ElementsAre(1));
  EXPECT_THAT(PreviewSteps(1, 4), ElementsAre(2));
  EXPECT_THAT(PreviewSteps(2, 4), ElementsAre(1, 3));
  EXPECT_THAT(PreviewSteps(3, 4), ElementsAre(1, 2, 3));
  EXPECT_THAT(PreviewSteps(9, 4), ElementsAre(1, 2, 3));
  EXPECT_THAT(PreviewSteps(3, 8), ElementsAre(2, 4, 6));
}

TEST(SampleQueueTest, TakesByTheIndicesOfItsView) {
  SampleQueue queue;
  queue.Add(MakeTask(4, absl::InfiniteFuture()), kNow);
  ASSERT_EQ(queue.View().size(), 4u);
  const auto taken = queue.Take({2, 0});
  EXPECT_EQ(taken[0]->index, 2);
  EXPECT_EQ(taken[1]->index, 0);
  EXPECT_EQ(queue.waiting(), 2);
  EXPECT_THAT((std::array{queue.at(0).index, queue.at(1).index}), UnorderedElementsAre(1, 3));
}

TEST(SampleQueueTest, PicturesLeaveTheDeviceBeforeTheirDeadline) {
  GenerationRequest request;
  request.samples.resize(1);
  request.deadline = kNow + absl::Milliseconds(100);
  request.delivery = absl::Milliseconds(8);
  SampleQueue queue;
  queue.Add(std::make_shared<GenerationTask>(request, std::make_shared<RecordingSink>()), kNow);
  EXPECT_EQ(queue.View()[0].due.time(), kNow + absl::Milliseconds(92));
}

TEST(SampleQueueTest, WaitingSamplesOfEndedTasksAreTakenOut) {
  SampleQueue queue;
  const auto ended = MakeTask(1, kNow + absl::Seconds(1));
  queue.Add(ended, kNow);
  queue.Add(MakeTask(1, kNow + absl::Seconds(2)), kNow);
  EXPECT_THAT(queue.TakeEnded(), IsEmpty());
  ended->Fail(absl::CancelledError("gone"));
  EXPECT_EQ(queue.TakeEnded().size(), 1u);
  EXPECT_EQ(queue.waiting(), 1);
}

TEST(SampleQueueTest, SiblingsAreTheSamplesOfTheTaskThatAreOnTheirWay) {
  SampleQueue queue;
  queue.Add(MakeTask(3, absl::InfiniteFuture()), kNow);
  queue.Add(MakeTask(1, absl::InfiniteFuture()), kNow);
  EXPECT_EQ(queue.View()[2].siblings, 3);
  EXPECT_EQ(queue.View()[3].siblings, 1);
  auto taken = queue.Take({0, 1});
  queue.Retire(*taken[0]);
  queue.Return(std::move(taken[1]), kNow);
  std::vector<int> siblings;
  for (const WaitingSample& sample : queue.View()) siblings.push_back(sample.siblings);
  EXPECT_THAT(siblings, UnorderedElementsAre(2, 2, 1));
}

TEST(SampleQueueTest, ATaskIsLiveUntilItsLastSampleIsRetired) {
  SampleQueue queue;
  const auto task = MakeTask(2, kNow + absl::Seconds(1));
  queue.Add(task, kNow);
  const auto taken = queue.Take({0, 1});
  EXPECT_FALSE(queue.Retire(*taken[0]));
  EXPECT_THAT(queue.Live(), ElementsAre(task));
  EXPECT_TRUE(queue.Retire(*taken[1]));
  EXPECT_THAT(queue.Live(), IsEmpty());
}

}  // namespace
}  // namespace strobe::server
