#include "model/pipeline/graph_buckets.h"

#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using Way = GraphLedger::Way;

TEST(GraphBucketTest, IsAPowerOfTwoWithinTheLargestBatchAndTwiceItWithGuidance) {
  const struct {
    int64_t rows, max_samples, bucket;
  } kCases[] = {{1, 8, 1},  {2, 8, 2},   {3, 8, 4},   {4, 8, 4}, {5, 8, 8}, {8, 8, 8},
                {9, 8, 16}, {16, 8, 16}, {17, 8, 16}, {5, 6, 6}, {6, 6, 6}, {7, 6, 8},
                {9, 6, 12}, {12, 6, 12}, {1, 1, 1},   {2, 1, 2}, {3, 1, 2}, {3, 3, 3}};
  for (const auto& c : kCases) {
    EXPECT_EQ(GraphBucket(c.rows, c.max_samples), c.bucket) << c.rows << " of " << c.max_samples;
  }
}

TEST(GraphLedgerTest, ACallIsCapturedOnceAndReplayedThen) {
  GraphLedger ledger(4);
  const GraphKey key{Stage::kDenoise, 8, 8, 77, 2};
  EXPECT_EQ(ledger.WayOf(key), Way::kCapture);
  ledger.Record(key, true);
  EXPECT_EQ(ledger.WayOf(key), Way::kReplay);
}

TEST(GraphLedgerTest, WhatCouldNotBeCapturedIsNotTriedAgain) {
  GraphLedger ledger(4);
  const GraphKey key{Stage::kDecode, 8, 8, 0, 2};
  ledger.Record(key, false);
  EXPECT_EQ(ledger.WayOf(key), Way::kEager);
}

TEST(GraphLedgerTest, StagesSizesTextAndRowsHaveGraphsOfTheirOwn) {
  GraphLedger ledger(8);
  ledger.Record({Stage::kDenoise, 8, 16, 77, 2}, true);
  EXPECT_EQ(ledger.WayOf({Stage::kDecode, 8, 16, 77, 2}), Way::kCapture);
  EXPECT_EQ(ledger.WayOf({Stage::kDenoise, 16, 8, 77, 2}), Way::kCapture);
  EXPECT_EQ(ledger.WayOf({Stage::kDenoise, 8, 16, 64, 2}), Way::kCapture);
  EXPECT_EQ(ledger.WayOf({Stage::kDenoise, 8, 16, 77, 4}), Way::kCapture);
}

TEST(GraphLedgerTest, WhatComesWhenItIsFullRunsWithoutAGraphAndTheOthersKeepTheirs) {
  GraphLedger ledger(2);
  ledger.Record({Stage::kDenoise, 8, 8, 77, 1}, true);
  ledger.Record({Stage::kDenoise, 8, 8, 77, 2}, false);
  EXPECT_EQ(ledger.WayOf({Stage::kDenoise, 8, 8, 77, 4}), Way::kEager);
  EXPECT_EQ(ledger.WayOf({Stage::kDenoise, 8, 8, 77, 1}), Way::kReplay);
}

}  // namespace
}  // namespace strobe::model
