// What each part of the batch policy is worth: goodput of one device in simulated time, with stage
// costs that a server measured. Prints one JSON line for each policy and load.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "server/batching/batch_policy.h"
#include "server/simulation/cost_file.h"
#include "workload/arrival_schedule.h"

namespace strobe::server {
namespace {

// A request is one picture.
struct Policy {
  const char* name;
  bool step_level;      // else a batch holds requests of one step count from prompt to picture
  bool by_deadline;     // earliest first, hopeless ones shed, batches capped; else first come
  absl::Duration wait;  // for a fuller batch, while nothing else can run
};

constexpr absl::Duration kWait = absl::Milliseconds(25);
constexpr Policy kPolicies[] = {
    {"request level, first come", false, false, absl::ZeroDuration()},
    {"request level, first come, waits 25 ms", false, false, kWait},
    {"request level, by deadline", false, true, absl::ZeroDuration()},
    {"step level, first come", true, false, absl::ZeroDuration()},
    {"step level, by deadline, waits 25 ms", true, true, kWait},
    {"step level, by deadline (strobe)", true, true, absl::ZeroDuration()},
};

constexpr int kSloFactor = 4;  // times the solo latency of the most steps
const absl::Time kStart = absl::UnixEpoch();

struct Device {
  const CostFile& measured;
  BatchKey key;
  std::vector<int> steps;  // all equally likely
  absl::Duration slo;

  absl::Duration TimeOf(Stage stage, int size) const {
    return measured.costs.of(0).Predict(stage, key, size);
  }
  absl::Duration TimeFromPromptToPicture(int steps, int size) const {
    return TimeOf(Stage::kEncodePrompt, size) + steps * TimeOf(Stage::kDenoise, size) +
           TimeOf(Stage::kDecode, size);
  }
  // Requests a second when every batch is the largest.
  double Capacity() const {
    absl::Duration sum;
    for (const int each : steps)
      sum += measured.costs.PredictAmortized(key, StagePlan(model::kTextToImage, each));
    return static_cast<double>(steps.size()) / absl::ToDoubleSeconds(sum);
  }
};

// One lane that serves a stream of requests.
class Simulation {
 public:
  Simulation(const Device& device, const Policy& policy, double rate, uint64_t seed)
      : device_(device), policy_(policy), arrivals_({.rate = rate, .seed = seed}), random_(seed) {}

  // The share of `requests` that got their picture within the objective.
  double Run(int requests) {
    to_come_ = requests;
    next_ = kStart + arrivals_.Next();
    while (to_come_ > 0 || !waiting_.empty()) {
      LetArrive();
      if (waiting_.empty()) {
        now_ = next_;
      } else if (const absl::Time end = EndOfWait(); now_ < end) {
        now_ = to_come_ > 0 ? std::min(end, next_) : end;
      } else if (policy_.step_level) {
        RunStage();
      } else {
        RunRequests();
      }
    }
    return static_cast<double>(good_) / requests;
  }

  absl::Duration duration() const { return now_ - kStart; }

 private:
  int max_batch() const { return device_.measured.max_batch_size; }

  void LetArrive() {
    for (; to_come_ > 0 && next_ <= now_; --to_come_, next_ = kStart + arrivals_.Next()) {
      WaitingSample sample;
      sample.key = device_.key;
      sample.arrival = next_;
      sample.least_steps_left = device_.steps[random_() % device_.steps.size()];
      sample.plan.SetSteps(sample.least_steps_left);
      if (policy_.by_deadline) sample.due = next_ + device_.slo;
      waiting_.push_back(sample);
    }
  }

  // Until when a fuller batch is waited for: the oldest request's time is up, or it is full, or
  // something that has begun waits too.
  absl::Time EndOfWait() const {
    if (static_cast<int>(waiting_.size()) >= max_batch()) return now_;
    absl::Time end = absl::InfiniteFuture();
    for (const WaitingSample& sample : waiting_) {
      if (sample.plan.next() != Stage::kEncodePrompt) return now_;
      end = std::min(end, sample.arrival.time() + policy_.wait);
    }
    return end;
  }

  void RunStage() {
    BatchPolicyOptions options;
    options.max_batch_size = max_batch();
    const PolicyDecision decision =
        ChooseBatch(waiting_, device_.measured.costs.of(0), now_, options, PolicyLane());
    if (!decision.batch.has_value()) return Leave(decision.late);
    now_ += device_.TimeOf(decision.batch->stage, static_cast<int>(decision.batch->members.size()));
    std::vector<int> done = decision.late;
    for (const int index : decision.batch->members) {
      if (Advance(waiting_[index])) done.push_back(index);
    }
    Leave(std::move(done));
  }

  // Whether it was the last stage.
  bool Advance(WaitingSample& sample) {
    sample.steps_done += model::TraitsOf(sample.plan.next()).repeats;
    sample.plan.Advance();
    sample.least_steps_left = sample.plan.steps_left();
    if (!sample.plan.done()) return false;
    Finish(sample);
    return true;
  }

  // The oldest request with those of its step count; by deadline, only as many as all make it.
  void RunRequests() {
    std::vector<int> members, hopeless;
    const auto time_of = [&](const WaitingSample& first, int size) {
      return device_.TimeFromPromptToPicture(first.plan.steps_left(), size);
    };
    for (int i = 0; i < static_cast<int>(waiting_.size()); ++i) {
      const WaitingSample& sample = waiting_[i];
      if (now_ + time_of(sample, 1) > sample.due.time()) {
        hopeless.push_back(i);
        continue;
      }
      if (!members.empty() && sample.plan != waiting_[members.front()].plan) continue;
      const int size = static_cast<int>(members.size()) + 1;
      const WaitingSample& first = members.empty() ? sample : waiting_[members.front()];
      if (size <= max_batch() && now_ + time_of(first, size) <= first.due.time()) {
        members.push_back(i);
      }
    }
    if (!members.empty()) {
      now_ += time_of(waiting_[members.front()], static_cast<int>(members.size()));
    }
    for (const int index : members) Finish(waiting_[index]);
    hopeless.insert(hopeless.end(), members.begin(), members.end());
    Leave(std::move(hopeless));
  }

  void Finish(const WaitingSample& sample) { good_ += now_ <= sample.arrival.time() + device_.slo; }

  void Leave(std::vector<int> indices) {
    std::sort(indices.rbegin(), indices.rend());
    for (const int index : indices) waiting_.erase(waiting_.begin() + index);
  }

  const Device& device_;
  const Policy policy_;
  workload::ArrivalSchedule arrivals_;
  std::mt19937_64 random_;
  int to_come_ = 0;
  absl::Time next_;  // arrival
  absl::Time now_ = kStart;
  std::vector<WaitingSample> waiting_;  // in the order of arrival
  int good_ = 0;
};

int Main(int argc, char** argv) {
  std::string path;
  std::vector<double> loads = {0.6, 0.9, 1.25, 2.0};
  int requests = 12'000;
  int seeds = 3;
  CLI::App app("Goodput with and without the parts of the batch policy, simulated");
  app.add_option("--cost-model", path, "what strobe-server measure wrote")->required();
  app.add_option("--loads", loads, "offered, as parts of the capacity in full batches")
      ->delimiter(',');
  app.add_option("--request-count", requests, "in each run")->check(CLI::PositiveNumber);
  app.add_option("--seeds", seeds, "runs of each")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  std::ifstream file(path);
  const std::string json{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto measured = ParseCostFile(json);
  if (!measured.ok()) {
    std::fprintf(stderr, "ablation_benchmark: %s\n", measured.status().ToString().c_str());
    return 1;
  }
  const ModelHandle& served = measured->models.front();
  const model::ModelDescription& model = served.description();
  Device device{*measured,
                KeyOf(served.key(), model.default_width, model.default_height),
                model.num_inference_steps,
                {}};
  const int most_steps = *std::max_element(device.steps.begin(), device.steps.end());
  device.slo = kSloFactor * device.TimeFromPromptToPicture(most_steps, 1);
  for (const double load : loads) {
    const double rate = load * device.Capacity();
    for (const Policy& policy : kPolicies) {
      double attained = 0;
      for (int seed = 1; seed <= seeds; ++seed) {
        attained += Simulation(device, policy, rate, seed).Run(requests) / seeds;
      }
      std::printf(
          "{\"policy\": \"%s\", \"load\": %.2f, \"slo_ms\": %.1f, \"attained\": %.4f, "
          "\"goodput\": %.1f}\n",
          policy.name, load, absl::ToDoubleMilliseconds(device.slo), attained, attained * rate);
    }
  }
  return 0;
}

}  // namespace
}  // namespace strobe::server

int main(int argc, char** argv) { return strobe::server::Main(argc, argv); }
