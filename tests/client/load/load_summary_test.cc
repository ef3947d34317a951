#include "client/load/load_summary.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace strobe::client {
namespace {

absl::Duration Ms(double ms) { return absl::Microseconds(ms * 1000); }

workload::Workload TwoClasses() {
  workload::RequestClass first;
  first.name = "first";
  first.slo = Ms(100);
  workload::RequestClass second;
  second.name = "second";
  second.deadline = Ms(50);
  return workload::Workload({first, second});
}

// A request of 100 ms from schedule to end, sent at once, with one image.
RequestRecord Record(double intended_ms, double latency_ms = 100,
                     grpc::StatusCode code = grpc::StatusCode::OK) {
  RequestRecord record;
  record.intended = record.sent = Ms(intended_ms);
  record.ended = Ms(intended_ms + latency_ms);
  record.code = code;
  if (record.ok()) {
    record.first_event = record.intended + Ms(1);
    record.first_image = record.ended;
    record.images = 1;
    record.steps_done = 2;
    record.bytes = 1000;
  }
  return record;
}

// Counts from 0 to 1 s.
LoadRun MakeRun(std::vector<RequestRecord> records) {
  LoadRun run;
  run.plan.kind = LoadKind::kRate;
  run.plan.arrivals.rate = 5;
  run.plan.concurrency = 0;
  run.end = absl::Seconds(1);
  for (size_t i = 0; i < records.size(); ++i) records[i].index = i;
  run.records = std::move(records);
  return run;
}

LoadSummary SummaryOf(std::vector<RequestRecord> records, double percentile = 99) {
  return Summarize(MakeRun(std::move(records)), TwoClasses(), percentile);
}

TEST(LoadSummaryTest, RatesAreThoseOfWhatFallsIntoTheMeasuredTime) {
  RequestRecord warmup = Record(0, 20);
  warmup.warmup = true;
  const auto summary = SummaryOf({warmup, Record(100), Record(200), Record(950)});
  EXPECT_EQ(summary.all.requests, 3u);
  EXPECT_EQ(summary.offered_rate, 3);
  EXPECT_EQ(summary.sent_rate, 3);
  EXPECT_EQ(summary.completed_rate, 2) << "the last one ended after it";
  EXPECT_EQ(summary.image_rate, 2);
  EXPECT_EQ(summary.step_rate, 4);
  EXPECT_EQ(summary.byte_rate, 2000);
  EXPECT_NEAR(summary.in_flight_mean, 0.25, 1e-9);
  EXPECT_EQ(summary.in_flight_max, 1);
  EXPECT_NEAR(summary.drain_seconds, 0.05, 1e-9);
}

TEST(LoadSummaryTest, LateFinishersKeepTheirWholeLatency) {
  const auto summary = SummaryOf({Record(100), Record(900, 5000)});
  EXPECT_DOUBLE_EQ(summary.all.latency.max(), 5);
}

TEST(LoadSummaryTest, LatencyCountsFromTheIntendedTime) {
  RequestRecord late = Record(100, 80);
  late.sent = late.intended + Ms(30);
  const auto summary = SummaryOf({late});
  EXPECT_DOUBLE_EQ(summary.all.latency.max(), 0.08);
  EXPECT_DOUBLE_EQ(summary.latency_from_send.max(), 0.05);
  EXPECT_DOUBLE_EQ(summary.send_lag.max(), 0.03);
}

TEST(LoadSummaryTest, EveryRequestIsCountedOnceByItsStatus) {
  RequestRecord cancelled = Record(0, 10, grpc::StatusCode::CANCELLED);
  cancelled.draw.cancel_after = Ms(10);
  RequestRecord refused = Record(1, 1, grpc::StatusCode::RESOURCE_EXHAUSTED);
  refused.reason = "QUEUE_FULL";
  refused.message = "the queue is full";
  const auto summary = SummaryOf(
      {cancelled, refused, Record(2, 1, grpc::StatusCode::UNAVAILABLE),
       Record(3, 50, grpc::StatusCode::DEADLINE_EXCEEDED), Record(4, 1, grpc::StatusCode::INTERNAL),
       Record(5, 1, grpc::StatusCode::CANCELLED), Record(6, 100), Record(7, 101)});
  EXPECT_EQ(summary.all.requests, 8u);
  EXPECT_EQ(summary.all.ok, 2u);
  EXPECT_EQ(summary.all.good, 1u) << "101 ms are above the objective of 100 ms";
  EXPECT_EQ(summary.all.shed, 2u);
  EXPECT_EQ(summary.all.deadline_missed, 1u);
  EXPECT_EQ(summary.all.cancelled, 1u);
  EXPECT_EQ(summary.all.failed, 2u) << "INTERNAL, and a cancellation nobody planned";
  EXPECT_DOUBLE_EQ(summary.all.attainment(), 1.0 / 7);
  EXPECT_DOUBLE_EQ(summary.error_share, 5.0 / 7);
  EXPECT_EQ(summary.status_codes.at("OK"), 2u);
  EXPECT_EQ(summary.first_errors.at("RESOURCE_EXHAUSTED"), "QUEUE_FULL: the queue is full");
}

TEST(LoadSummaryTest, TheThresholdSeesFailuresAsInfinitelyLate) {
  std::vector<RequestRecord> records;
  for (int i = 0; i < 98; ++i) records.push_back(Record(i, i + 1));
  records.push_back(Record(98, 1, grpc::StatusCode::RESOURCE_EXHAUSTED));
  records.push_back(Record(99, 1, grpc::StatusCode::RESOURCE_EXHAUSTED));
  EXPECT_TRUE(std::isinf(SummaryOf(records, 99).threshold_latency));
  EXPECT_DOUBLE_EQ(SummaryOf(records, 98).threshold_latency, 0.098);
}

TEST(LoadSummaryTest, ClassesAndStepCountsFareForThemselves) {
  RequestRecord second = Record(10, 60);
  second.draw.class_index = 1;
  second.draw.steps = 3;
  const auto summary = SummaryOf({Record(0, 60), second});
  ASSERT_EQ(summary.classes.size(), 2u);
  EXPECT_EQ(summary.classes[0].attainment(), 1);
  EXPECT_EQ(summary.classes[1].attainment(), 0) << "no use after its deadline of 50 ms";
  EXPECT_DOUBLE_EQ(summary.fairness, 0.5);
  ASSERT_EQ(summary.step_counts.size(), 2u);
  EXPECT_EQ(summary.step_counts[0].name, "default");
  EXPECT_EQ(summary.step_counts[1].name, "3");
}

TEST(LoadSummaryTest, BatchesAreCountedOnceHoweverManyImagesRodeInThem) {
  std::vector<RequestRecord> records;
  for (int i = 0; i < 4; ++i) {
    records.push_back(Record(i));
    records.back().batches.denoise = {4, 2};
  }
  const auto summary = SummaryOf(records);
  const BatchHistogram& denoise = summary.batches.at("denoise");
  EXPECT_DOUBLE_EQ(denoise.batches.at(4), 1);
  EXPECT_DOUBLE_EQ(denoise.batches.at(2), 2);
  EXPECT_NEAR(denoise.mean(), 8.0 / 3, 1e-9);
}

TEST(LoadSummaryTest, RetriesAndBrokenImagesAreThoseOfWhatCounts) {
  RequestRecord warmup = Record(0);
  warmup.warmup = true;
  warmup.retries = 100;
  RequestRecord first = Record(1);
  first.retries = 2;
  first.wrong_size_images = 1;
  RequestRecord second = Record(2, 5, grpc::StatusCode::RESOURCE_EXHAUSTED);
  second.retries = 3;
  second.corrupt_images = 2;
  const auto summary = SummaryOf({warmup, first, second});
  EXPECT_EQ(summary.retries, 5u);
  EXPECT_EQ(summary.wrong_size_images, 1u);
  EXPECT_EQ(summary.corrupt_images, 2u);
}

TEST(LoadSummaryTest, TheServersSplitAndTheRestMakeUpTheLatency) {
  RequestRecord record = Record(0, 100);
  record.split.queue = Ms(10);
  record.split.denoise = Ms(60);
  record.split.decode = Ms(20);
  double sum = 0;
  for (const auto& [stage, times] : SummaryOf({record}).stages) sum += times.mean;
  EXPECT_NEAR(sum, 0.1, 1e-9);
  record.split.total = Ms(94);
  const auto stages = SummaryOf({record}).stages;
  EXPECT_EQ(stages[5].first, "send");
  EXPECT_NEAR(stages[5].second.mean, 0.004, 1e-9);
  EXPECT_EQ(stages[6].first, "rest");
  EXPECT_NEAR(stages[6].second.mean, 0.006, 1e-9);
}

TEST(LoadSummaryTest, PartialImagesLeadForAShareOfTheTime) {
  RequestRecord record = Record(0, 100);
  record.first_partial = Ms(25);
  EXPECT_DOUBLE_EQ(SummaryOf({record}).partial_lead, 0.75);
  EXPECT_TRUE(SummaryOf({record}).partial_gap.empty());
  record.last_partial = Ms(85);
  record.partial_images = 4;
  EXPECT_DOUBLE_EQ(SummaryOf({record}).partial_gap.mean, 0.02);
}

TEST(LoadSummaryTest, ARunIsVoidWhenTheClientLagsByMoreThanAHundredthOfTheMedian) {
  RequestRecord punctual = Record(0, 100);
  punctual.sent += Ms(0.9);
  EXPECT_FALSE(SummaryOf({punctual}).is_void);
  RequestRecord late = Record(0, 100);
  late.sent += Ms(1.1);
  EXPECT_TRUE(SummaryOf({late}).is_void);
  LoadRun closed = MakeRun({late});
  closed.plan.kind = LoadKind::kConcurrency;
  EXPECT_FALSE(Summarize(closed, TwoClasses(), 99).is_void) << "a closed loop has no schedule";
}

TEST(LoadSummaryTest, ARunWithoutRequestsIsAllZeros) {
  const auto summary = SummaryOf({});
  EXPECT_EQ(summary.completed_rate, 0);
  EXPECT_EQ(summary.all.attainment(), 0);
  EXPECT_FALSE(summary.is_void);
}

}  // namespace
}  // namespace strobe::client
