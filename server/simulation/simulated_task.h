// A request that a simulated server has admitted.

#ifndef STROBE_SERVER_SIMULATION_SIMULATED_TASK_H_
#define STROBE_SERVER_SIMULATION_SIMULATED_TASK_H_

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "server/admission/admission_controller.h"
#include "server/batching/generation_task.h"
#include "server/simulation/simulated_replica.h"
#include "server/simulation/simulated_request.h"

namespace strobe::server {

// The server's own task, with what its caller has and hears; it holds its places until its last
// sample has left.
class SimulatedTask final : public GenerationTask {
 public:
  SimulatedTask(const SimulatedRequest& request, AdmissionController::Ticket ticket,
                SimulatedReplica& replica)
      : GenerationTask(RequestOf(request, ticket.deadline()), {std::shared_ptr<void>(), &caller_}),
        number(request.number),
        cancelled_at(request.cancelled_at),
        ticket_(std::move(ticket)),
        caller_(*this, replica) {}

  const uint64_t number;
  const absl::Time cancelled_at;
  int denoise_steps = 0;  // of all its images
  absl::Duration device_time;

 private:
  class Caller final : public ResultSink {
   public:
    Caller(SimulatedTask& task, SimulatedReplica& replica) : task_(task), replica_(replica) {}
    void OnProgress(int, int, int) override {}
    void OnPicture(SampleResult) override {}
    void OnEnd(absl::Status status) override { replica_.Ended(task_, status); }

   private:
    SimulatedTask& task_;
    SimulatedReplica& replica_;
  };

  static GenerationRequest RequestOf(const SimulatedRequest& asked, absl::Time deadline);

  const AdmissionController::Ticket ticket_;
  Caller caller_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SIMULATION_SIMULATED_TASK_H_
