#include "server/simulation/simulator.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "workload/latency_statistics.h"

namespace strobe::server {
namespace {

void Merge(const SimulationResult& more, SimulationResult& sum) {
  sum.seconds = std::max(sum.seconds, more.seconds);
  sum.requests += more.requests;
  for (size_t i = 0; i < sum.outcomes.size(); ++i) sum.outcomes[i] += more.outcomes[i];
  sum.good += more.good;
  sum.early += more.early;
  sum.denoise_steps += more.denoise_steps;
  for (size_t i = 0; i < sum.classes.size(); ++i) {
    sum.classes[i].requests += more.classes[i].requests;
    sum.classes[i].good += more.classes[i].good;
  }
}

void Add(const DeviceUsage& more, DeviceUsage& sum) {
  sum.busy += more.busy;
  sum.wasted += more.wasted;
  for (const Stage stage : model::kAllStages) {
    sum.batches[stage] += more.batches[stage];
    sum.samples[stage] += more.samples[stage];
  }
}

SimulationResult Empty(const workload::Workload& workload) {
  SimulationResult result;
  for (const auto& each : workload.classes()) result.classes.push_back({each.name, 0, 0});
  return result;
}

// `latencies` are ascending.
void SummarizeLatencies(const std::vector<double>& latencies, double percentile,
                        SimulationResult& result) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double level : workload::kReportedQuantiles) {
    result.latencies.push_back(latencies.empty() ? kInfinity : workload::ValueAt(latencies, level));
  }
  result.mean_latency = workload::Mean(latencies);
  const double counted =
      static_cast<double>(result.requests - result.count(SimulatedOutcome::kCancelled));
  // The level among those that are OK, which come before all failures.
  const double level =
      latencies.empty() ? 2 : percentile / 100 * counted / static_cast<double>(latencies.size());
  result.threshold_latency = level > 1 + 1e-12 ? kInfinity : workload::ValueAt(latencies, level);
}

}  // namespace

struct Simulator::Part {
  SimulationResult result;
  std::vector<double> latencies;  // seconds
};

double SimulationResult::attainment() const {
  const uint64_t counted = requests - count(SimulatedOutcome::kCancelled);
  return counted > 0 ? static_cast<double>(good) / static_cast<double>(counted) : 0;
}

double SimulationResult::error_share() const {
  const uint64_t counted = requests - count(SimulatedOutcome::kCancelled);
  if (counted == 0) return 0;
  return static_cast<double>(counted - count(SimulatedOutcome::kOk)) / static_cast<double>(counted);
}

double SimulationResult::mean_batch(Stage stage) const {
  if (usage.batches[stage] == 0) return 0;
  return static_cast<double>(usage.samples[stage]) / static_cast<double>(usage.batches[stage]);
}

absl::StatusOr<Simulator> Simulator::Create(const SimulationOptions& options,
                                            const workload::Workload& workload,
                                            const CostFile& costs) {
  Simulator simulator(options, workload, costs);
  STROBE_RETURN_IF_ERROR(simulator.Prepare());
  return simulator;
}

absl::Status Simulator::Prepare() {
  for (const workload::RequestClass& each : workload_->classes()) {
    const auto found =
        std::find_if(costs_->models.begin(), costs_->models.end(), [&](const ModelHandle& model) {
          return each.model.empty() || model.description().name == each.model;
        });
    if (found == costs_->models.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("class ", each.name, ": the cost model knows no model '", each.model, "'"));
    }
    models_.push_back(*found);
  }
  for (const workload::TraceEntry& entry : workload_->trace()) {
    arrivals_.push_back(absl::ToDoubleSeconds(entry.arrival));
  }
  if (arrivals_.empty()) {
    workload::ArrivalSchedule schedule(options_.arrivals);
    arrivals_.reserve(options_.request_count);
    for (uint64_t i = 0; i < options_.request_count; ++i) {
      arrivals_.push_back(absl::ToDoubleSeconds(schedule.Next()));
    }
  }
  return arrivals_.empty() ? absl::InvalidArgumentError("there are no requests") : absl::OkStatus();
}

SimulatedRequest Simulator::MakeRequest(uint64_t index, const workload::RequestDraw& draw) const {
  const workload::RequestClass& kind = workload_->class_of(draw);
  SimulatedRequest request;
  request.model = models_[draw.class_index];
  const model::ModelDescription& model = request.model.description();
  request.number = index;
  request.priority = kind.batch_priority ? Priority::kBatch : Priority::kInteractive;
  AdmissionRequest& admission = request.admission;
  admission.num_samples = kind.num_images;
  admission.key =
      KeyOf(request.model.key(), draw.size.width > 0 ? draw.size.width : model.default_width,
            draw.size.height > 0 ? draw.size.height : model.default_height);
  admission.denoise_steps = draw.steps > 0 ? draw.steps : model.default_num_inference_steps;
  request.best_effort = kind.best_effort;
  request.min_denoise_steps = kind.min_steps > 0 ? std::min(kind.min_steps, admission.denoise_steps)
                                                 : admission.denoise_steps;
  admission.least_denoise_steps = kind.best_effort ? 1 : request.min_denoise_steps;
  admission.arrival = absl::UnixEpoch() + absl::Seconds(arrivals_[index]);
  admission.deadline = admission.arrival + kind.deadline;
  admission.delivery = options_.delivery;
  admission.batch_priority = kind.batch_priority;
  request.cancelled_at = admission.arrival + draw.cancel_after;
  return request;
}

void Simulator::RunReplica(int replica, int replicas, ReplicaMetrics& metrics, Part& part) const {
  SimulationResult& result = part.result;
  SimulatedReplica server(options_.replica, *costs_, metrics, [&](const SimulatedEnd& end) {
    const workload::RequestDraw draw = workload_->Draw(options_.seed, end.number);
    const workload::RequestClass& kind = workload_->class_of(draw);
    ++result.requests;
    ++result.classes[draw.class_index].requests;
    ++result.outcomes[static_cast<int>(end.outcome)];
    result.denoise_steps += end.denoise_steps;
    if (end.outcome != SimulatedOutcome::kOk) return;
    const bool good = end.latency <= kind.objective();
    result.good += good;
    result.classes[draw.class_index].good += good;
    const int steps = MakeRequest(end.number, draw).admission.denoise_steps;
    result.early += end.denoise_steps < steps * kind.num_images;
    part.latencies.push_back(absl::ToDoubleSeconds(end.latency));
  });
  for (uint64_t i = replica; i < arrivals_.size(); i += replicas) {
    server.Arrive(MakeRequest(i, workload_->Draw(options_.seed, i)));
  }
  server.Finish();
  Add(server.usage(), result.usage);
  result.seconds =
      std::max(result.seconds, absl::ToDoubleSeconds(server.now() - absl::UnixEpoch()));
}

SimulationResult Simulator::Run(int replicas) const {
  const int threads =
      std::clamp<int>(static_cast<int>(std::thread::hardware_concurrency()), 1, replicas);
  std::vector<Part> parts(threads, Part{Empty(*workload_), {}});
  std::vector<std::thread> workers;
  for (int worker = 0; worker < threads; ++worker) {
    workers.emplace_back([&, worker] {
      ReplicaMetrics metrics;  // a thread's own, as counters are slow to share
      for (int replica = worker; replica < replicas; replica += threads) {
        RunReplica(replica, replicas, metrics, parts[worker]);
      }
    });
  }
  SimulationResult result = Empty(*workload_);
  result.replicas = replicas;
  std::vector<double> latencies;
  for (int worker = 0; worker < threads; ++worker) {
    workers[worker].join();
    const Part part = std::move(parts[worker]);
    Merge(part.result, result);
    Add(part.result.usage, result.usage);
    latencies.insert(latencies.end(), part.latencies.begin(), part.latencies.end());
  }
  std::sort(latencies.begin(), latencies.end());
  SummarizeLatencies(latencies, options_.percentile, result);
  const double lanes =
      static_cast<double>(replicas) * options_.replica.devices * options_.replica.lanes;
  if (result.seconds > 0) {
    result.utilisation = absl::ToDoubleSeconds(result.usage.busy) / (result.seconds * lanes);
  }
  return result;
}

std::optional<int> FewestReplicas(int most, const std::function<bool(int)>& passes) {
  int failed = 0;
  int tried = 1;
  while (!passes(tried)) {
    if (tried >= most) return std::nullopt;
    failed = tried;
    tried = std::min(most, tried * 2);
  }
  while (tried - failed > 1) {
    const int middle = failed + (tried - failed) / 2;
    (passes(middle) ? tried : failed) = middle;
  }
  return tried;
}

}  // namespace strobe::server
