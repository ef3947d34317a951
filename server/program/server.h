// The composition root: builds the parts of the server, and takes them up and down in order.

#ifndef STROBE_SERVER_PROGRAM_SERVER_H_
#define STROBE_SERVER_PROGRAM_SERVER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/batching/stage_engine.h"
#include "server/models/model_registry.h"
#include "server/observability/info_metrics.h"
#include "server/observability/metrics_server.h"
#include "server/options/server_options.h"
#include "server/ports/server_ports.h"
#include "server/requests/request_intake.h"
#include "server/rpc/open_inference/inference_service.h"
#include "server/rpc/rpc_metrics.h"
#include "server/rpc/service_core.h"
#include "server/rpc/strobe_v1/image_generation_service.h"
#include "server/security/access_control.h"
#include "server/security/security_metrics.h"
#include "server/startup/engine_reports.h"
#include "server/startup/generation_backend.h"
#include "server/startup/server_metrics.h"

namespace strobe::server {

// Loads the models on a device ("cpu", "cuda:1").
using EngineFactory = std::function<absl::StatusOr<std::unique_ptr<StageEngine>>(
    const std::string& device, const std::vector<ModelSource>& models, const EngineReports&)>;

// One serving process, in four steps:
//  1. Start opens the ports. From here on liveness (health "") is SERVING and metrics can be
//     scraped; requests are refused with UNAVAILABLE (WARMING_UP).
//  2. Load loads the models on every device, however long that takes. From here on they are
//     listed.
//  3. WarmUp runs and measures every served shape, draws pictures that are known, then turns
//     readiness (health "strobe.v1.ImageGenerationService") on.
//  4. Drain turns readiness off, goes on accepting for drain_delay, then refuses with UNAVAILABLE
//     (DRAINING) and lets admitted requests finish for drain_timeout; what is left then is
//     cancelled with UNAVAILABLE (SHUTTING_DOWN).
// A device that is lost or hangs ends all that at any moment: readiness and liveness go off, every
// request ends with UNAVAILABLE (DEVICE_FAULT), the ports close, and then `on_fatal_fault` is
// called, on a thread of the server's and with nothing left to do but to leave the process. While
// it runs, destruction waits.
// Never a moment when readiness says more than is true, and every request is counted with exactly
// one outcome, however it ends. These four belong to one thread, in this order; the others are
// thread-safe.
class Server {
 public:
  // Fails with one line that names an address that cannot be listened on. `clock` must outlive the
  // server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerOptions& options, const BuildInfo& build_info, const Clock& clock,
      std::function<void(const FatalFault&)> on_fatal_fault);
  // Cuts off what still runs.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // `load_engine`'s error when it fails: only destruction can follow.
  absl::Status Load(const EngineFactory& load_engine);

  // An engine that cannot run what it serves, or that draws other pictures than it should
  // (DATA_LOSS): only destruction can follow.
  absl::Status WarmUp();

  // Returns when every call has ended.
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

  // Makes a Drain that runs or comes cancel what is left at once.
  void Abort() ABSL_LOCKS_EXCLUDED(mu_);

  int port() const { return port_; }
  // 0 when metrics are off.
  int metrics_port() const { return metrics_server_ == nullptr ? 0 : metrics_server_->port(); }

 private:
  Server(const ServerOptions& options, const BuildInfo& build_info, const Clock& clock,
         std::function<void(const FatalFault&)> on_fatal_fault);

  absl::Status Open();
  RequestIntake::Options IntakeOptions() const;
  ServiceCore::Options CoreOptions() const;
  void SetReady(bool ready) ABSL_LOCKS_EXCLUDED(ports_mu_);
  void OnFatalFault(const FatalFault& fault);
  // Ends the calls that are left, and closes the ports. Once.
  void ClosePorts() ABSL_LOCKS_EXCLUDED(ports_mu_);
  // Sleeps until Abort or for `duration`; whether Abort came.
  bool AbortedWithin(absl::Duration duration) ABSL_LOCKS_EXCLUDED(mu_);
  // Ends everything; on Abort without waiting for the device before the calls have their end.
  void StopServing();

  const ServerOptions options_;
  const Clock& clock_;
  const std::function<void(const FatalFault&)> on_fatal_fault_;
  std::atomic<bool> warm_ = false;
  int port_ = 0;
  bool stopped_ = false;

  // In the order of start; taken down in reverse.
  ServerMetrics metrics_;
  RpcMetrics rpc_metrics_{metrics_.registry()};
  SecurityMetrics security_metrics_{metrics_.registry()};
  std::unique_ptr<MetricsServer> metrics_server_;
  std::unique_ptr<AccessControl> access_;
  ModelRegistry models_;
  std::unique_ptr<GenerationBackend> backend_;  // null until the models are loaded
  std::unique_ptr<RequestIntake> intake_;
  std::unique_ptr<ServiceCore> core_;
  std::unique_ptr<ImageGenerationService> image_service_;
  std::unique_ptr<InferenceService> inference_service_;
  absl::Mutex ports_mu_;
  std::unique_ptr<ServerPorts> ports_ ABSL_GUARDED_BY(ports_mu_);  // null once closed

  absl::Mutex mu_;
  bool aborted_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_PROGRAM_SERVER_H_
