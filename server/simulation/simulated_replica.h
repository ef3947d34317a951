// One server in simulated time: its admission and its scheduler, without engine, threads and gRPC.

#ifndef STROBE_SERVER_SIMULATION_SIMULATED_REPLICA_H_
#define STROBE_SERVER_SIMULATION_SIMULATED_REPLICA_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "absl/time/time.h"
#include "server/admission/admission_controller.h"
#include "server/admission/admission_metrics.h"
#include "server/base/clock.h"
#include "server/batching/batch_metrics.h"
#include "server/batching/batch_scheduler.h"
#include "server/batching/costs/device_costs.h"
#include "server/batching/waiting_sample.h"
#include "server/simulation/cost_file.h"
#include "server/simulation/simulated_request.h"

namespace strobe::server {

// A server's sizes.
struct ReplicaOptions {
  int devices = 1;
  int lanes = 1;  // micro-batches side by side on each device
  BatchPolicyOptions policy;
  AdmissionOptions admission;
};

// What the devices did.
struct DeviceUsage {
  absl::Duration busy;    // of all lanes
  absl::Duration wasted;  // spent on requests that got no images
  PerStage<int64_t> batches;
  PerStage<int64_t> samples;
};

class SimulatedTask;

// What the rooms of a replica count.
struct ReplicaMetrics {
  prometheus::Registry registry;
  AdmissionMetrics admission{registry};
  BatchMetrics batching{registry};
};

// Works like the server behind its gRPC port:
//  1. AdmissionController decides at arrival, BatchScheduler whenever a lane is free and a sample
//     waits: the same code, asked in the same order, as RequestBatcher's threads do.
//  2. A micro-batch takes the mean time that was measured; the scheduler learns that it is right.
//  3. A request that its caller leaves ends at the next stage boundary.
// It leaves out what takes no device time: image encoding, the network, partial images and the
// prompt cache. Deterministic. Not thread-safe.
class SimulatedReplica {
 public:
  using OnEnd = std::function<void(const SimulatedEnd&)>;

  // `measured` and `metrics` must outlive the replica; only one replica at a time counts in
  // `metrics`. Every request ends in exactly one `on_end`.
  SimulatedReplica(const ReplicaOptions& options, const CostFile& measured, ReplicaMetrics& metrics,
                   OnEnd on_end);
  ~SimulatedReplica();

  SimulatedReplica(const SimulatedReplica&) = delete;
  SimulatedReplica& operator=(const SimulatedReplica&) = delete;

  // Lets time pass until the request arrives. Not before the one that came last.
  void Arrive(const SimulatedRequest& request);

  // Lets time pass until nothing is left.
  void Finish();

  const DeviceUsage& usage() const { return usage_; }
  absl::Time now() const { return clock_.now; }

 private:
  friend class SimulatedTask;

  struct SimulatedClock final : Clock {
    absl::Time Now() const override { return now; }
    absl::Time now = absl::UnixEpoch();
  };

  struct Lane {
    int device = 0;
    absl::Time ends = absl::InfiniteFuture();  // infinite: free
    absl::Duration duration;
    BatchScheduler::Decision running;
  };

  // Of a caller that will leave.
  struct Departure {
    absl::Time time;
    std::shared_ptr<SimulatedTask> task;
    bool operator<(const Departure& other) const { return time > other.time; }  // earliest on top
  };

  void AdvanceTo(absl::Time time);
  // Ends the requests whose callers have left.
  void CutOff();
  // Gives every free lane something to do, as long as there is something.
  void Dispatch();
  void Dispatch(int lane);
  void Settle(int lane);
  // True when the sample goes on to its next stage.
  bool Settle(const PolicyBatch& batch, QueuedSample& sample, absl::Duration share);
  void Ended(const SimulatedTask& task, const absl::Status& status);

  const DeviceCosts& costs_;
  const OnEnd on_end_;
  SimulatedClock clock_;
  AdmissionController admission_;  // outlives the tickets of the scheduler's tasks
  BatchScheduler scheduler_;
  std::vector<Lane> lanes_;  // as the scheduler's
  std::priority_queue<Departure> departures_;
  bool drop_ended_ = false;  // some that wait may have ended
  DeviceUsage usage_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SIMULATION_SIMULATED_REPLICA_H_
