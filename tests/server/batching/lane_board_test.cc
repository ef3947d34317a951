#include "server/batching/lane_board.h"

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

RunningBatch Batch(int size, absl::Duration work, absl::Time start, absl::Duration limit) {
  RunningBatch batch;
  batch.stage = Stage::kDenoise;
  batch.key = {0, 512, 512};
  batch.batch_size = size;
  batch.members.resize(size);
  batch.work[static_cast<int>(Priority::kInteractive)] = work;
  batch.start = start;
  batch.expected = absl::Seconds(2);
  batch.limit = limit;
  return batch;
}

TEST(LaneBoardTest, AddsUpWhatTheLanesRun) {
  const absl::Time start = absl::FromUnixSeconds(0);
  LaneBoard board;
  EXPECT_EQ(board.AddLane(0), 0);
  EXPECT_EQ(board.AddLane(0), 1);
  EXPECT_EQ(board.AddLane(1), 2);
  EXPECT_EQ(board.device(2), 1);
  EXPECT_EQ(board.FreeLanes(), 3);
  board.Begin(1, Batch(4, absl::Seconds(3), start, absl::InfiniteDuration()));
  board.Begin(2, Batch(2, absl::Seconds(1), start, absl::InfiniteDuration()));
  EXPECT_EQ(board.FreeLanes(), 1);
  EXPECT_EQ(board.FreeLanes(0), 1);
  EXPECT_EQ(board.FreeLanes(1), 0);
  EXPECT_EQ(board.running_samples(), 6);
  EXPECT_EQ(board.running().size(), 6u);
  EXPECT_EQ(board.running_work(Priority::kInteractive), absl::Seconds(4));
  EXPECT_EQ(board.running_work(Priority::kBatch), absl::ZeroDuration());
  EXPECT_EQ(board.rest_of_stages(start + absl::Seconds(1)), absl::Seconds(2));
  EXPECT_EQ(board.rest_of_stages(start + absl::Seconds(3)), absl::ZeroDuration());
  board.End(1);
  EXPECT_EQ(board.running_samples(), 2);
  EXPECT_EQ(board.running_work(Priority::kInteractive), absl::Seconds(1));
}

TEST(LaneBoardTest, ABatchIsOverdueBeyondItsOwnLimit) {
  const absl::Time start = absl::FromUnixSeconds(0);
  LaneBoard board;
  board.AddLane(0);
  board.AddLane(0);
  board.Begin(0, Batch(1, {}, start, absl::Seconds(60)));
  board.Begin(1, Batch(8, {}, start + absl::Seconds(10), absl::Seconds(20)));
  EXPECT_FALSE(board.Overdue(start + absl::Seconds(30)).has_value());
  const auto overdue = board.Overdue(start + absl::Seconds(31));
  ASSERT_TRUE(overdue.has_value());
  EXPECT_EQ(overdue->batch_size, 8);
  board.End(1);
  EXPECT_FALSE(board.Overdue(start + absl::Seconds(60)).has_value());
  EXPECT_TRUE(board.Overdue(start + absl::Seconds(61)).has_value());
}

}  // namespace
}  // namespace strobe::server
