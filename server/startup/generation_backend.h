// Everything behind the gRPC service: the loaded models and what serves them.

#ifndef STROBE_SERVER_STARTUP_GENERATION_BACKEND_H_
#define STROBE_SERVER_STARTUP_GENERATION_BACKEND_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/admission/admission_controller.h"
#include "server/base/clock.h"
#include "server/batching/request_batcher.h"
#include "server/batching/stage_engine.h"
#include "server/imaging/encode_stage.h"
#include "server/models/model_registry.h"
#include "server/requests/request_backend.h"
#include "server/startup/backend_options.h"
#include "server/startup/server_metrics.h"

namespace strobe::server {

// Engines, batcher, picture encoding and admission, complete from construction on; admission
// refuses with WARMING_UP until its state is set. WarmUp and Stop belong to one thread, the parts
// are thread-safe.
class GenerationBackend {
 public:
  // `engines`: one for each device, all of the same models, which are added to `models`. `clock`,
  // `metrics` and `models` must outlive the backend. `on_fatal_fault` is RequestBatcher's; it may
  // be empty.
  GenerationBackend(const BackendOptions& options, const Clock& clock, ServerMetrics& metrics,
                    ModelRegistry& models, std::vector<std::unique_ptr<StageEngine>> engines,
                    std::function<void(const FatalFault&)> on_fatal_fault = nullptr);

  GenerationBackend(const GenerationBackend&) = delete;
  GenerationBackend& operator=(const GenerationBackend&) = delete;

  AdmissionController& admission() { return *admission_; }
  // What requests are handed to; valid as long as this.
  RequestBackend request_backend() { return {models_, *admission_, *batcher_}; }

  // Chooses the lanes of each device, runs and measures every served shape, draws pictures that are
  // known (RunSelfTest, whose errors are among those here) unless the options say not to, and
  // starts the batcher; before anything is admitted.
  absl::Status WarmUp();

  // By device; empty before WarmUp.
  const std::vector<int>& lanes() const { return lanes_; }

  // Says in strobe_model_info and strobe_device_info what serves, on the devices of these names;
  // after WarmUp.
  void DescribeTo(prometheus::Registry& registry,
                  const std::vector<std::string>& device_names) const;

  // Fails with UNAVAILABLE (SHUTTING_DOWN) what is not done when the running batch ends, and waits
  // for that.
  void StopBatches() { batcher_->Stop(); }

  // StopBatches, and waits for pictures that are being encoded. For when the calls are gone.
  void Stop();

 private:
  int max_batch_size() const { return options_.batching.policy.max_batch_size; }

  const BackendOptions options_;
  const Clock& clock_;
  ModelRegistry& models_;
  std::vector<int> lanes_;

  // In the order of start; taken down in reverse.
  std::vector<std::unique_ptr<StageEngine>> engines_;
  std::unique_ptr<EncodeStage> encode_stage_;
  std::unique_ptr<RequestBatcher> batcher_;
  std::unique_ptr<AdmissionController> admission_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_GENERATION_BACKEND_H_
