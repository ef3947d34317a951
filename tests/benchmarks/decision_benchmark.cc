// How long one decision of the batcher takes with a long queue: the queue's view and the policy's
// choice; and how long admission takes to foresee a newcomer's wait. Prints one JSON line.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "server/batching/batch_policy.h"
#include "server/batching/expected_wait.h"
#include "server/batching/sample_queue.h"
#include "tests/fakes/recording_sink.h"

namespace strobe::server {
namespace {

constexpr int kCallers = 50;
constexpr int kSizes = 3;
constexpr int kTimes = 2000;

std::shared_ptr<GenerationTask> Task(int index, absl::Time now) {
  GenerationRequest request;
  request.caller = absl::StrCat("caller-", index % kCallers);
  request.arrival = now + absl::Milliseconds(index);
  request.deadline = request.arrival + absl::Seconds(10 + index * 7 % 20);
  model::GenerationSpec spec;
  spec.width = spec.height = 64 * (1 + index % kSizes);
  spec.num_inference_steps = 1 + index % 3;
  request.samples.push_back(spec);
  return std::make_shared<GenerationTask>(std::move(request), std::make_shared<RecordingSink>());
}

CostModel Costs() {
  CostModel costs;
  for (int size = 1; size <= kSizes; ++size) {
    for (int batch = 1; batch <= 8; ++batch) {
      const BatchKey key{0, 64 * size, 64 * size};
      for (const Stage stage : {Stage::kEncodePrompt, Stage::kDenoise, Stage::kDecode}) {
        costs.Observe(stage, key, batch, absl::Milliseconds(size * (2 + batch)));
      }
    }
  }
  return costs;
}

// How long `work`, which says whether it found something to do, takes: ascending.
template <typename Work>
std::vector<double> MicrosecondsOf(const Work& work) {
  std::vector<double> microseconds;
  for (int i = 0; i < kTimes; ++i) {
    const auto start = std::chrono::steady_clock::now();
    if (!work()) std::abort();
    const std::chrono::duration<double, std::micro> taken =
        std::chrono::steady_clock::now() - start;
    microseconds.push_back(taken.count());
  }
  std::sort(microseconds.begin(), microseconds.end());
  return microseconds;
}

int Main(int argc, char** argv) {
  int samples = 1000;
  CLI::App app("One decision of the batcher");
  app.add_option("--samples", samples, "waiting samples");
  CLI11_PARSE(app, argc, argv);

  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  const CostModel costs = Costs();
  SampleQueue queue;
  for (int i = 0; i < samples; ++i) queue.Add(Task(i, now), now);
  const std::vector<double> decisions =
      MicrosecondsOf([&] { return ChooseBatch(queue.View(), costs, now, {}).batch.has_value(); });
  WaitingSample newcomer;
  newcomer.key = {0, 64, 64};
  newcomer.arrival = now;
  newcomer.due = now + absl::Seconds(15);
  newcomer.order = samples;
  const std::vector<double> waits = MicrosecondsOf([&] {
    return PredictWait(newcomer, 1, {queue.View()}, {}, costs, now, {}) > absl::ZeroDuration();
  });
  std::printf(
      "{\"samples\": %d, \"decision_us\": %.2f, \"decision_p99_us\": %.2f, \"wait_us\": %.2f}\n",
      samples, decisions[kTimes / 2], decisions[kTimes * 99 / 100], waits[kTimes / 2]);
  return 0;
}

}  // namespace
}  // namespace strobe::server

int main(int argc, char** argv) { return strobe::server::Main(argc, argv); }
