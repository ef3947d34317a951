#include "server/base/executor.h"

#include <atomic>
#include <memory>

#include <gtest/gtest.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace strobe::server {
namespace {

TEST(ThreadPoolTest, RunsWorkOnAllItsThreadsAtTheSameTime) {
  auto pool = NewThreadPool(3, 0);
  // Each work ends only when all three have begun.
  absl::Mutex mu;
  int begun = 0;
  const auto all_begun = [&begun] { return begun == 3; };
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool->TrySchedule([&] {
      absl::MutexLock lock(&mu);
      ++begun;
      mu.Await(absl::Condition(&all_begun));
    }));
  }
  pool.reset();
  EXPECT_EQ(begun, 3);
}

TEST(ThreadPoolTest, RefusesWorkBeyondItsQueueAndNeverRunsIt) {
  auto pool = NewThreadPool(1, 2);
  absl::Notification started, release;
  std::atomic<int> ran = 0;
  ASSERT_TRUE(pool->TrySchedule([&] {
    started.Notify();
    release.WaitForNotification();
  }));
  started.WaitForNotification();
  EXPECT_TRUE(pool->TrySchedule([&] { ++ran; }));
  EXPECT_TRUE(pool->TrySchedule([&] { ++ran; }));
  EXPECT_FALSE(pool->TrySchedule([&] { ran += 100; }));
  release.Notify();
  pool.reset();
  EXPECT_EQ(ran, 2);
}

TEST(ThreadPoolTest, TheDestructorRunsWhatWasAccepted) {
  std::atomic<int> ran = 0;
  {
    auto pool = NewThreadPool(2, 1000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool->TrySchedule([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

TEST(ThreadPoolTest, RefusesWorkWhileStopping) {
  auto pool = NewThreadPool(1, 1 << 30);
  Executor* const raw = pool.get();
  std::atomic<bool> refused = false;
  absl::Notification started;
  ASSERT_TRUE(pool->TrySchedule([&] {
    started.Notify();
    // The queue is never full here, so only the stopping pool refuses.
    while (raw->TrySchedule([] {})) {
    }
    refused = true;
  }));
  started.WaitForNotification();
  pool.reset();
  EXPECT_TRUE(refused);
}

TEST(ThreadPoolTest, DestroysWhatTheWorkHeldOnceItHasRun) {
  auto pool = NewThreadPool(1, 10);
  auto held = std::make_shared<int>(1);
  ASSERT_TRUE(pool->TrySchedule([held] {}));
  absl::Notification behind;
  ASSERT_TRUE(pool->TrySchedule([&] { behind.Notify(); }));
  behind.WaitForNotification();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace strobe::server
