// One request from its arrival to its end, whatever protocol it came by.

#ifndef STROBE_SERVER_REQUESTS_IMAGE_SESSION_H_
#define STROBE_SERVER_REQUESTS_IMAGE_SESSION_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/admission/admission_controller.h"
#include "server/batching/generation_task.h"
#include "server/requests/deadline_watch.h"
#include "server/requests/image_event.h"
#include "server/requests/image_request.h"
#include "server/requests/request_ledger.h"

namespace strobe::server {

class RequestIntake;

// Holds together what a request has: its account, its places, its task and its deadline. A call
// opens one for each request (RequestIntake::Open), which counts it as started, and closes it with
// the status that the caller gets. Between the two:
//  1. Admit validates and admits; a refusal is a status, and nothing is to be undone.
//  2. WatchDeadline and Submit start it. From here on the sink hears of it.
//  3. It ends with its last picture, by Fail, or at its deadline. The device's places are free from
//     then on; the caller's, from Close.
// Calls the sink without its lock. Thread-safe.
class ImageSession final : public ResultSink, public std::enable_shared_from_this<ImageSession> {
 public:
  ImageSession(RequestIntake& intake, std::shared_ptr<RequestLedger> ledger);

  const std::shared_ptr<RequestLedger>& ledger() const { return ledger_; }

  // Once. `time_left` from arrival may be infinite. Errors: those of RequestIntake::Admit.
  absl::StatusOr<Accepted> Admit(const ImageRequest& request, absl::Duration time_left,
                                 std::shared_ptr<EventSink> sink) ABSL_LOCKS_EXCLUDED(mu_);

  // From here on the request ends at its deadline, whether it was submitted or not. Once.
  void WatchDeadline() ABSL_LOCKS_EXCLUDED(mu_);

  // Hands the task to the batcher. UNAVAILABLE when that stops. Once.
  absl::Status Submit() ABSL_LOCKS_EXCLUDED(mu_);

  // Ends the request early, if it was admitted and has not ended. `why` must not be OK.
  void Fail(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mu_);

  // The caller has its answer, or `status` instead: gives back its places, closes its account, and
  // notes how long the delivery took. The first call counts.
  void Close(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

  // ResultSink:
  void OnProgress(int index, int steps_done, int num_inference_steps) override;
  void OnPicture(SampleResult encoded) override;
  void OnEnd(absl::Status status) override;
  void OnReleased() override;

 private:
  std::shared_ptr<GenerationTask> task() const ABSL_LOCKS_EXCLUDED(mu_);
  std::shared_ptr<EventSink> sink() const ABSL_LOCKS_EXCLUDED(mu_);

  RequestIntake& intake_;
  const std::shared_ptr<RequestLedger> ledger_;

  mutable absl::Mutex mu_;
  std::shared_ptr<EventSink> sink_ ABSL_GUARDED_BY(mu_);       // from Admit until it is released
  std::shared_ptr<GenerationTask> task_ ABSL_GUARDED_BY(mu_);  // from Admit to Close
  AdmissionController::Ticket ticket_ ABSL_GUARDED_BY(mu_);
  DeadlineWatch::Guard deadline_ ABSL_GUARDED_BY(mu_);
  int denoise_steps_ ABSL_GUARDED_BY(mu_) = 0;    // of the final pictures
  absl::Time last_decoded_ ABSL_GUARDED_BY(mu_);  // likewise
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_IMAGE_SESSION_H_
