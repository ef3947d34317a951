// A batcher over a fake clock and a fake engine.

#ifndef STROBE_TESTS_SERVER_BATCHING_BATCHER_FIXTURE_H_
#define STROBE_TESTS_SERVER_BATCHING_BATCHER_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/batching/request_batcher.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_stage_engine.h"
#include "tests/fakes/metrics_text.h"
#include "tests/fakes/recording_sink.h"

namespace strobe::server {

inline constexpr BatchKey kFakeKey{1, 16, 16};

// One request and what became of it.
struct Submitted {
  std::shared_ptr<GenerationTask> task;
  std::shared_ptr<RecordingSink> sink;
};

class BatcherFixture : public ::testing::Test {
 protected:
  ~BatcherFixture() override {
    engine.Release();
    batcher.reset();
    EXPECT_EQ(engine.live_samples(), 0);
    EXPECT_FALSE(engine.shared_sample());
  }

  void Start(int max_batch_size = 8, CostModel costs = {}) {
    options.policy.max_batch_size = max_batch_size;
    batcher = std::make_unique<RequestBatcher>(options, clock, consumer, metrics, on_fatal_fault);
    batcher->Start({{&engine, engine.lanes}}, DeviceCosts(std::move(costs)));
  }

  GenerationRequest Request(const std::string& prompt, int steps = 1, int images = 1) {
    GenerationRequest request;
    request.model = engine.model();
    request.arrival = clock.Now();
    request.min_inference_steps = steps;
    for (int i = 0; i < images; ++i) {
      model::GenerationSpec spec;
      spec.prompt = prompt;
      spec.width = spec.height = 16;
      spec.num_inference_steps = steps;
      spec.seed = 100 + i;
      request.samples.push_back(std::move(spec));
    }
    return request;
  }

  Submitted Submit(GenerationRequest request) {
    Submitted made;
    made.sink = std::make_shared<RecordingSink>();
    made.task = std::make_shared<GenerationTask>(std::move(request), made.sink);
    const absl::Status status = batcher->Submit(made.task);
    EXPECT_TRUE(status.ok()) << status;
    return made;
  }
  Submitted Submit(const std::string& prompt, int steps = 1, int images = 1) {
    return Submit(Request(prompt, steps, images));
  }

  // Occupies the idle engine with a request of one step, whose first call waits until Release or
  // Step.
  Submitted Plug() {
    engine.Block();
    const int calls = static_cast<int>(engine.calls().size());
    Submitted plug = Submit("plug");
    engine.WaitForCalls(calls + 1);
    return plug;
  }

  // Lets the engine make `count` calls; returns when the one behind them has come in.
  void StepTo(int count) {
    for (int done = static_cast<int>(engine.calls().size()); done < count; ++done) {
      engine.Step();
      engine.WaitForCalls(done + 1);
    }
  }

  double Metric(const std::string& series) const { return MetricValue(registry, series); }

  BatchingOptions options;
  std::function<void(const FatalFault&)> on_fatal_fault;
  FakeClock clock;
  FakeStageEngine engine{&clock};
  DirectConsumer consumer;
  prometheus::Registry registry;
  BatchMetrics metrics{registry};
  std::unique_ptr<RequestBatcher> batcher;
};

}  // namespace strobe::server

#endif  // STROBE_TESTS_SERVER_BATCHING_BATCHER_FIXTURE_H_
