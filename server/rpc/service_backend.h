// What the service hands its requests to, once the models are there.

#ifndef STROBE_SERVER_RPC_SERVICE_BACKEND_H_
#define STROBE_SERVER_RPC_SERVICE_BACKEND_H_

#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "model/spec/model_description.h"
#include "server/admission/admission_controller.h"
#include "server/batching/request_batcher.h"

namespace strobe::server {

// References only; what they refer to must outlive the gRPC server.
struct ServiceBackend {
  const std::vector<model::ModelDescription>& models;  // StageEngine::models(), never empty
  AdmissionController& admission;
  RequestBatcher& batcher;
};

// A backend that comes once, after its holder is in use. Thread-safe.
class ServiceBackendHolder {
 public:
  // To be called at most once.
  void Install(const ServiceBackend& backend) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    backend_.emplace(backend);
  }

  // Nothing until Install.
  std::optional<ServiceBackend> Get() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return backend_;
  }

 private:
  mutable absl::Mutex mu_;
  std::optional<ServiceBackend> backend_ ABSL_GUARDED_BY(mu_);
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_SERVICE_BACKEND_H_
