// The way of a request into the batcher, by whatever call it comes.

#ifndef STROBE_SERVER_RPC_REQUEST_INTAKE_H_
#define STROBE_SERVER_RPC_REQUEST_INTAKE_H_

#include <memory>
#include <optional>
#include <string>

#include <strobe/v1/image_generation.pb.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/admission/admission_controller.h"
#include "server/batching/generation_task.h"
#include "server/rpc/delivery_meter.h"
#include "server/rpc/parsed_request.h"
#include "server/rpc/request_ledger.h"
#include "server/rpc/service_backend.h"
#include "server/rpc/service_deps.h"

namespace strobe::server {

// Opens a request's books, validates and admits it, and hands its task to the batcher. Nothing
// blocks: all of it takes microseconds. Thread-safe.
class RequestIntake {
 public:
  // What it takes to make and submit a task.
  struct Admitted {
    GenerationRequest request;
    AdmissionController::Ticket ticket;
    v1::GenerateImagesResponse accepted;
  };

  // `deps` must outlive the intake.
  explicit RequestIntake(const ServiceDeps& deps) : deps_(deps) {}

  // A request's last picture was sent `taken` after it had left the device.
  void NoteDelivery(absl::Duration taken) { deliveries_.Observe(taken); }

  // To be called at most once.
  void Install(const ServiceBackend& backend) { backend_.Install(backend); }
  std::optional<ServiceBackend> backend() const { return backend_.Get(); }

  // The request counts as started.
  std::shared_ptr<RequestLedger> OpenBooks(std::string request_id, std::string caller) const;

  // Notes in `ledger` what is asked for. Errors: those of ValidateRequest and of admission;
  // UNAVAILABLE (WARMING_UP) before Install. `time_left` from the ledger's arrival may be infinite.
  absl::StatusOr<Admitted> Admit(const ParsedRequest& request, absl::Duration time_left,
                                 RequestLedger& ledger) const;

  // Takes the task of an admitted request in; UNAVAILABLE when the batcher stops.
  absl::Status Submit(std::shared_ptr<GenerationTask> task) const;

  // Some task has ended early.
  void WakeBatcher() const;

  // UNAVAILABLE (DRAINING) once the server drains, for calls that have nothing under way.
  absl::Status CheckDraining() const;

 private:
  const ServiceDeps& deps_;
  ServiceBackendHolder backend_;
  DeliveryMeter deliveries_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_REQUEST_INTAKE_H_
