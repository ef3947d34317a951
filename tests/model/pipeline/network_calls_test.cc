#include "model/pipeline/network_calls.h"

#include <stdexcept>
#include <tuple>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/repeatable_normal.h"

namespace strobe::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

at::Tensor Latents(int64_t rows) { return RepeatableNormal({rows, 4, 8, 8}); }

// Graphs as a device would make them, of a network that doubles.
class NetworkCallsTest : public testing::Test {
 protected:
  NetworkCallsTest() {
    options_.max_graph_samples = 8;
    options_.on_network_rows = [this](Stage stage, int64_t used, int64_t padding) {
      reports_.emplace_back(stage, used, padding);
    };
    options_.on_graph_refused = [this](const absl::Status& status) { refusals_.push_back(status); };
  }

  NetworkCalls Calls() {
    return NetworkCalls(options_, [this](const Tensors& inputs, const NetworkCalls::Call& call) {
      captured_rows_.push_back(inputs[0].size(0));
      if (refuse_) throw std::runtime_error("a wait for the device");
      return [this, call](const Tensors& others) {
        ++replays_;
        return call(others);
      };
    });
  }

  at::Tensor Double(NetworkCalls& calls, const at::Tensor& latents, Stage stage = Stage::kDenoise,
                    int64_t text_rows = 77) {
    const auto call = [this](const Tensors& inputs) -> Tensors {
      called_rows_.push_back(inputs[0].size(0));
      return {inputs[0] * 2};
    };
    return calls.Run(stage, {latents}, text_rows, call).front();
  }

  PipelineOptions options_;
  bool refuse_ = false;
  int replays_ = 0;
  std::vector<int64_t> captured_rows_, called_rows_;
  std::vector<std::tuple<Stage, int64_t, int64_t>> reports_;
  std::vector<absl::Status> refusals_;
};

TEST_F(NetworkCallsTest, WithoutGraphsACallHasTheRowsThatThereAre) {
  NetworkCalls calls(options_, {});
  Double(calls, Latents(5));
  EXPECT_THAT(called_rows_, ElementsAre(5));
  EXPECT_THAT(reports_, ElementsAre(std::tuple(Stage::kDenoise, 5, 0)));
}

TEST_F(NetworkCallsTest, ACallIsFilledUpToItsBucketAndGivesItsOwnRowsBack) {
  NetworkCalls calls = Calls();
  const at::Tensor latents = Latents(5);
  EXPECT_TRUE(at::equal(Double(calls, latents), latents * 2));
  EXPECT_THAT(captured_rows_, ElementsAre(8));
  EXPECT_THAT(reports_, ElementsAre(std::tuple(Stage::kDenoise, 5, 3)));
}

TEST_F(NetworkCallsTest, EachBucketOfAStageIsCapturedOnce) {
  NetworkCalls calls = Calls();
  for (const int64_t rows : {1, 2, 3, 4, 3, 1}) Double(calls, Latents(rows));
  Double(calls, Latents(4), Stage::kDecode);
  EXPECT_THAT(captured_rows_, ElementsAre(1, 2, 4, 4));
  EXPECT_EQ(replays_, 7);
}

TEST_F(NetworkCallsTest, WhatCannotBeCapturedRunsWithItsOwnRowsFromThenOnAndIsReportedOnce) {
  NetworkCalls calls = Calls();
  refuse_ = true;
  const at::Tensor latents = Latents(3);
  EXPECT_TRUE(at::equal(Double(calls, latents), latents * 2));
  EXPECT_TRUE(at::equal(Double(calls, latents), latents * 2));
  EXPECT_THAT(captured_rows_, ElementsAre(4));
  EXPECT_THAT(called_rows_, ElementsAre(4, 3));
  EXPECT_EQ(replays_, 0);
  ASSERT_EQ(refusals_.size(), 1u);
  EXPECT_THAT(std::string(refusals_[0].message()), HasSubstr("denoise of 4 rows of 8x8 latents"));
  EXPECT_THAT(std::string(refusals_[0].message()), HasSubstr("a wait for the device"));
  EXPECT_THAT(reports_,
              ElementsAre(std::tuple(Stage::kDenoise, 3, 1), std::tuple(Stage::kDenoise, 3, 0)));
}

TEST_F(NetworkCallsTest, FixedRowsComeBeforeBuckets) {
  options_.rows_of_call = 6;
  NetworkCalls calls = Calls();
  const at::Tensor latents = Latents(7);
  EXPECT_TRUE(at::equal(Double(calls, latents), latents * 2));
  EXPECT_THAT(captured_rows_, ElementsAre(6));
  EXPECT_EQ(replays_, 2);
  EXPECT_THAT(reports_, ElementsAre(std::tuple(Stage::kDenoise, 7, 5)));
}

TEST_F(NetworkCallsTest, ASecondNumberOfTextRowsIsRecordedByItself) {
  NetworkCalls calls = Calls();
  Double(calls, Latents(2), Stage::kDenoise, /*text_rows=*/32);
  Double(calls, Latents(2), Stage::kDenoise, /*text_rows=*/64);
  Double(calls, Latents(2), Stage::kDenoise, /*text_rows=*/32);
  EXPECT_THAT(captured_rows_, ElementsAre(2, 2));
  EXPECT_EQ(replays_, 3);
  EXPECT_TRUE(refusals_.empty());
}

}  // namespace
}  // namespace strobe::model
