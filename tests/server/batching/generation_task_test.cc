#include "server/batching/generation_task.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/recording_sink.h"

namespace strobe::server {
namespace {

std::shared_ptr<GenerationTask> MakeTask(int images, std::shared_ptr<ResultSink> sink) {
  GenerationRequest request;
  request.samples.resize(images);
  return std::make_shared<GenerationTask>(std::move(request), std::move(sink));
}

SampleResult Picture(int index, bool partial = false) {
  SampleResult result;
  result.index = index;
  result.partial = partial;
  return result;
}

TEST(GenerationTaskTest, TheLastFinalPictureEndsItWithOk) {
  const auto sink = std::make_shared<RecordingSink>();
  const auto task = MakeTask(2, sink);
  task->DeliverProgress(0, 1, 2);
  task->DeliverPicture(Picture(1));
  EXPECT_FALSE(sink->end().has_value());
  EXPECT_FALSE(task->ended());
  task->DeliverPicture(Picture(0));
  EXPECT_TRUE(task->ended());
  EXPECT_TRUE(sink->WaitForEnd().ok());
  EXPECT_EQ(sink->pictures().size(), 2u);
  EXPECT_EQ(sink->progress().size(), 1u);
  EXPECT_FALSE(task->Fail(absl::InternalError("too late")));
  EXPECT_TRUE(task->end_status().ok());
}

TEST(GenerationTaskTest, AFailureEndsItOnceAndSilencesTheRest) {
  const auto sink = std::make_shared<RecordingSink>();
  const auto task = MakeTask(1, sink);
  EXPECT_TRUE(task->Fail(absl::CancelledError("gone")));
  EXPECT_FALSE(task->Fail(absl::InternalError("again")));
  task->DeliverProgress(0, 1, 2);
  task->DeliverPicture(Picture(0));
  EXPECT_EQ(sink->end()->code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(task->end_status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(sink->pictures().empty());
  EXPECT_TRUE(sink->progress().empty());
  EXPECT_EQ(sink->violations(), 0);
}

TEST(GenerationTaskTest, APartialPictureNeverFollowsTheFinalOne) {
  const auto sink = std::make_shared<RecordingSink>();
  const auto task = MakeTask(2, sink);
  task->DeliverPicture(Picture(0, /*partial=*/true));
  task->DeliverPicture(Picture(0));
  task->DeliverPicture(Picture(0, /*partial=*/true));
  task->DeliverPicture(Picture(1, /*partial=*/true));
  EXPECT_EQ(sink->pictures(/*partial=*/true).size(), 2u);
  EXPECT_EQ(sink->violations(), 0);
}

TEST(GenerationTaskTest, ASecondFinalPictureOfAnImageDoesNotEndTheTask) {
  const auto sink = std::make_shared<RecordingSink>();
  const auto task = MakeTask(2, sink);
  task->DeliverPicture(Picture(0));
  task->DeliverPicture(Picture(0));
  EXPECT_FALSE(task->ended());
  EXPECT_EQ(sink->pictures().size(), 1u);
}

// Calls back into the task from within a callback.
class ReentrantSink final : public ResultSink {
 public:
  void OnProgress(int, int, int) override {
    order.push_back("progress");
    task->Fail(absl::ResourceExhaustedError("slow reader"));
    order.push_back("progress done");
  }
  void OnPicture(SampleResult) override { order.push_back("picture"); }
  void OnEnd(absl::Status) override { order.push_back("end"); }

  GenerationTask* task = nullptr;
  std::vector<std::string> order;
};

TEST(GenerationTaskTest, ASinkMayFailTheTaskFromWithinACallback) {
  const auto sink = std::make_shared<ReentrantSink>();
  const auto task = MakeTask(1, sink);
  sink->task = task.get();
  task->DeliverProgress(0, 1, 1);
  task->DeliverPicture(Picture(0));
  EXPECT_EQ(sink->order, (std::vector<std::string>{"progress", "progress done", "end"}));
}

// Notes when the task ended and when no device worked on it any more.
class ReleaseSink final : public ResultSink {
 public:
  void OnProgress(int, int, int) override {}
  void OnPicture(SampleResult) override {}
  void OnEnd(absl::Status) override { order.push_back("end"); }
  void OnReleased() override { order.push_back("released"); }

  std::vector<std::string> order;
};

TEST(GenerationTaskTest, IsReleasedAtOnceWhenNoStageRuns) {
  const auto sink = std::make_shared<ReleaseSink>();
  const auto task = MakeTask(1, sink);
  ASSERT_TRUE(task->EnterStage());
  task->LeaveStage();
  EXPECT_TRUE(sink->order.empty());
  task->Fail(absl::CancelledError("gone"));
  EXPECT_EQ(sink->order, (std::vector<std::string>{"end", "released"}));
  EXPECT_FALSE(task->EnterStage());
}

TEST(GenerationTaskTest, IsReleasedOnceWhenItsLastStageEnds) {
  const auto sink = std::make_shared<ReleaseSink>();
  const auto task = MakeTask(1, sink);
  ASSERT_TRUE(task->EnterStage());
  ASSERT_TRUE(task->EnterStage());
  task->DeliverPicture(Picture(0));
  task->LeaveStage();
  EXPECT_EQ(sink->order, (std::vector<std::string>{"end"}));
  task->LeaveStage();
  EXPECT_EQ(sink->order, (std::vector<std::string>{"end", "released"}));
}

TEST(GenerationTaskTest, EndsOnceHoweverManyThreadsRace) {
  for (int round = 0; round < 200; ++round) {
    const auto sink = std::make_shared<RecordingSink>();
    const auto task = MakeTask(3, sink);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&task, i] {
        task->DeliverProgress(i, 1, 1);
        task->DeliverPicture(Picture(i, /*partial=*/true));
        task->DeliverPicture(Picture(i));
      });
    }
    threads.emplace_back([&task, round] {
      if (round % 2 == 0) task->Fail(absl::CancelledError("gone"));
    });
    for (std::thread& thread : threads) thread.join();
    const absl::Status end = sink->WaitForEnd();
    EXPECT_EQ(sink->violations(), 0);
    EXPECT_TRUE(task->ended());
    if (end.ok()) {
      EXPECT_EQ(sink->pictures().size(), 3u);
    }
  }
}

}  // namespace
}  // namespace strobe::server
