// One server in simulated time: the admission and the batch policy that serve, without engine,
// threads and gRPC.

#ifndef STROBE_SERVER_SIMULATION_SIMULATED_REPLICA_H_
#define STROBE_SERVER_SIMULATION_SIMULATED_REPLICA_H_

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/admission/admission_controller.h"
#include "server/base/clock.h"
#include "server/batching/batch_policy.h"
#include "server/batching/cost_model.h"
#include "server/batching/generation_task.h"
#include "server/batching/service_meter.h"
#include "server/batching/work_left.h"
#include "server/observability/metrics.h"
#include "server/simulation/cost_file.h"
#include "server/simulation/simulated_request.h"

namespace strobe::server {

// A server's sizes.
struct ReplicaOptions {
  int devices = 1;
  int lanes = 1;  // micro-batches side by side on each device
  BatchPolicyOptions policy;
  AdmissionController::Options admission;
};

// What the devices did.
struct DeviceUsage {
  absl::Duration busy;    // of all lanes
  absl::Duration wasted;  // spent on requests that got no images
  PerStage<int64_t> batches;
  PerStage<int64_t> samples;
};

// Works like the server behind its gRPC port:
//  1. Admit decides at arrival, ChooseBatch whenever a lane is free and a sample waits, ChooseSteps
//     when a sample begins. All requests count as from one caller.
//  2. A micro-batch takes the mean time of the cost model, which nothing corrects: it is right.
//  3. Samples of ended requests leave at the next stage boundary.
// It leaves out what takes no device time: image encoding, the network, partial images and the
// prompt cache. Deterministic. Not thread-safe.
class SimulatedReplica {
 public:
  using OnEnd = std::function<void(const SimulatedEnd&)>;

  // `measured` and `metrics` must outlive the replica. Every request ends in exactly one `on_end`.
  SimulatedReplica(const ReplicaOptions& options, const CostFile& measured, Metrics& metrics,
                   OnEnd on_end);

  SimulatedReplica(const SimulatedReplica&) = delete;
  SimulatedReplica& operator=(const SimulatedReplica&) = delete;

  // Lets time pass until the request arrives. Not before the one that came last.
  void Arrive(const SimulatedRequest& request);

  // Lets time pass until nothing is left.
  void Finish();

  const DeviceUsage& usage() const { return usage_; }
  absl::Time now() const { return clock_.now; }

 private:
  struct SimulatedClock final : Clock {
    absl::Time Now() const override { return now; }
    absl::Time now = absl::UnixEpoch();
  };

  // One admitted request; its place is used again when its last sample has left.
  struct Request {
    SimulatedRequest request;
    AdmissionController::Ticket ticket;
    int samples_left = 0;
    bool ended = false;
    bool wasted = false;  // ended without its images
    int denoise_steps = 0;
    absl::Duration device_time;
  };

  struct Lane {
    int device = 0;
    absl::Time ends = absl::InfiniteFuture();  // infinite: free
    absl::Duration duration;
    PolicyBatch batch;
    std::vector<WaitingSample> members;
    std::vector<int> owners;  // places of the members' requests
  };

  void AdvanceTo(absl::Time time);
  BatcherLoad Load() const;
  absl::Duration Wait(const AdmissionRequest& request);
  void RefreshView();
  void FillInService(WaitingSample& sample) const;
  void Enqueue(const SimulatedRequest& request, AdmissionController::Ticket ticket);

  // Gives every free lane something to do, as long as there is something.
  void Dispatch();
  // False when there is nothing for it.
  bool Dispatch(Lane& lane);
  void DropEnded();
  void Start(PolicyBatch batch, Lane& lane);
  void TakeMembers(const PolicyBatch& batch, Lane& lane);
  // Settles how many steps each member gets that has not begun.
  void Begin(Lane& lane);
  void Settle(Lane& lane);
  // True when the sample goes on to its next stage.
  bool Advance(const PolicyBatch& batch, WaitingSample& sample, Request& request);
  void EndIfDue(Request& request);
  void End(Request& request, SimulatedOutcome outcome);
  void Retire(const WaitingSample& sample, int owner);
  absl::Duration WorkOf(const WaitingSample& sample);
  const StageShares& SharesOfKey(const BatchKey& key);

  const ReplicaOptions options_;
  const std::vector<model::ModelDescription>& models_;
  const DeviceCosts& costs_;
  const OnEnd on_end_;
  SimulatedClock clock_;
  AdmissionController admission_;

  std::vector<Request> requests_;
  std::vector<int> free_places_;
  std::vector<WaitingSample> waiting_;
  std::vector<int> owners_;  // of waiting_, by index
  std::vector<Lane> lanes_;
  std::vector<std::pair<BatchKey, StageShares>> shares_;  // of every key that was seen
  ServiceMeter<BatchKey> keys_;
  absl::Duration work_;  // predicted, of everything that waits or runs
  int running_ = 0;      // samples
  int cancellable_ = 0;  // requests that their callers will leave
  DeviceUsage usage_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SIMULATION_SIMULATED_REPLICA_H_
