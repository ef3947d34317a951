// What if: a workload on any number of servers, in simulated time.

#ifndef STROBE_SERVER_SIMULATION_SIMULATOR_H_
#define STROBE_SERVER_SIMULATION_SIMULATOR_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/simulation/cost_file.h"
#include "server/simulation/simulated_replica.h"
#include "workload/arrival_schedule.h"
#include "workload/workload.h"

namespace strobe::server {

struct SimulationOptions {
  ReplicaOptions replica;
  workload::ArrivalOptions arrivals;  // of a workload that is no trace
  uint64_t request_count = 100'000;   // the same
  uint64_t seed = 1;                  // of what the requests ask for
  double percentile = 99;             // of the threshold latency, above 0 to 100
  absl::Duration delivery;            // of a picture from the device to its caller
};

// How the requests of one class fared.
struct SimulatedClass {
  std::string name;
  uint64_t requests = 0;
  uint64_t good = 0;  // OK within the objective
};

struct SimulationResult {
  int replicas = 1;
  double seconds = 0;  // simulated, from the first arrival to the last end
  uint64_t requests = 0;
  std::array<uint64_t, 5> outcomes = {};  // by SimulatedOutcome
  uint64_t good = 0;                      // OK within the objective
  uint64_t early = 0;                     // OK with fewer steps than asked for
  uint64_t denoise_steps = 0;
  // Of those that are OK, seconds, at workload::kReportedQuantiles; infinite without any.
  std::vector<double> latencies;
  double mean_latency = 0;  // of the same, seconds
  // At the percentile asked for, with every request that failed as infinitely late, seconds.
  double threshold_latency = 0;
  std::vector<SimulatedClass> classes;
  DeviceUsage usage;       // of all replicas
  double utilisation = 0;  // busy share of all lanes

  uint64_t count(SimulatedOutcome outcome) const { return outcomes[static_cast<int>(outcome)]; }
  // Of the requests that their callers did not cancel.
  double attainment() const;
  double error_share() const;
  double goodput() const { return seconds > 0 ? static_cast<double>(good) / seconds : 0; }
  double throughput() const {
    return seconds > 0 ? static_cast<double>(count(SimulatedOutcome::kOk)) / seconds : 0;
  }
  double mean_batch(Stage stage) const;
};

// The requests come on one schedule and go to the replicas in turn, as client-side round robin
// sends them; replicas do not know of each other. Uses all processors; the result does not depend
// on how many there are. Immutable, so thread-safe.
class Simulator {
 public:
  // INVALID_ARGUMENT when the workload asks for a model that the cost model does not know, for
  // fewer steps than 1, or has no requests. `workload` and `costs` must outlive the simulator.
  static absl::StatusOr<Simulator> Create(const SimulationOptions& options,
                                          const workload::Workload& workload,
                                          const CostFile& costs);

  // `replicas` is from 1.
  SimulationResult Run(int replicas) const;

 private:
  Simulator(const SimulationOptions& options, const workload::Workload& workload,
            const CostFile& costs)
      : options_(options), workload_(&workload), costs_(&costs) {}

  absl::Status Prepare();
  struct Part;  // of a result: what one thread simulated

  SimulatedRequest MakeRequest(uint64_t index, const workload::RequestDraw& draw) const;
  // Adds what becomes of the requests of one replica.
  void RunReplica(int replica, int replicas, ReplicaMetrics& metrics, Part& part) const;

  SimulationOptions options_;
  const workload::Workload* workload_;
  const CostFile* costs_;
  std::vector<ModelHandle> models_;  // by class
  std::vector<double> arrivals_;     // seconds
};

// The smallest number of replicas from 1 to `most` for which `passes` holds, for a condition that
// holds above some number: doubling, then bisection. None when not even `most` passes.
std::optional<int> FewestReplicas(int most, const std::function<bool(int)>& passes);

}  // namespace strobe::server

#endif  // STROBE_SERVER_SIMULATION_SIMULATOR_H_
