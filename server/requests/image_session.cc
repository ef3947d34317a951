#include "server/requests/image_session.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/status_macros.h"
#include "server/base/request_end.h"
#include "server/requests/request_intake.h"

namespace strobe::server {

ImageSession::ImageSession(RequestIntake& intake, std::shared_ptr<RequestLedger> ledger)
    : intake_(intake), ledger_(std::move(ledger)) {}

absl::StatusOr<Accepted> ImageSession::Admit(const ImageRequest& request, absl::Duration time_left,
                                             std::shared_ptr<EventSink> sink) {
  STROBE_ASSIGN_OR_RETURN(RequestIntake::Admitted admitted,
                          intake_.Admit(request, time_left, *ledger_));
  const Accepted accepted{ledger_->request_id(), admitted.ticket.queue_position(),
                          admitted.ticket.estimated_duration()};
  absl::MutexLock lock(&mu_);
  assert(task_ == nullptr && !closed_);
  task_ = std::make_shared<GenerationTask>(std::move(admitted.request), shared_from_this());
  ticket_ = std::move(admitted.ticket);
  sink_ = std::move(sink);
  return accepted;
}

void ImageSession::WatchDeadline() {
  absl::MutexLock lock(&mu_);
  if (closed_ || task_ == nullptr || task_->ended()) return;
  const GenerationRequest& request = task_->request();
  const absl::Duration allowed = request.deadline - request.arrival;
  deadline_ = intake_.deadlines().Watch(request.deadline, [weak = weak_from_this(), allowed] {
    if (const auto session = weak.lock()) session->Fail(DeadlineExpired(allowed));
  });
}

absl::Status ImageSession::Submit() {
  std::shared_ptr<GenerationTask> present = task();
  return present == nullptr ? CancelledByCaller() : intake_.Submit(std::move(present));
}

void ImageSession::Fail(const absl::Status& why) {
  const std::shared_ptr<GenerationTask> present = task();
  if (present != nullptr && present->Fail(why)) intake_.WakeBatcher();
}

void ImageSession::Close(const absl::Status& status) {
  AdmissionController::Ticket ticket;
  std::shared_ptr<GenerationTask> done;
  absl::Time decoded;
  {
    absl::MutexLock lock(&mu_);
    if (std::exchange(closed_, true)) return;
    ticket = std::move(ticket_);
    done = std::move(task_);
    deadline_ = {};
    decoded = last_decoded_;
  }
  // The caller may send its next request as soon as it sees the status: its place is free by then.
  ticket = {};
  if (status.ok()) intake_.deliveries().Observe(intake_.clock().Now() - decoded);
  ledger_->Close(status);
}

void ImageSession::OnProgress(int index, int steps_done, int num_inference_steps) {
  if (const auto to = sink()) to->OnEvent(Progress{index, steps_done, num_inference_steps});
}

void ImageSession::OnPicture(SampleResult encoded) {
  std::shared_ptr<EventSink> to;
  std::shared_ptr<GenerationTask> from;
  {
    absl::MutexLock lock(&mu_);
    if (task_ == nullptr) return;
    to = sink_;
    from = task_;
    if (!encoded.partial) {
      denoise_steps_ += encoded.steps_done;
      last_decoded_ = std::max(last_decoded_, encoded.decoded);
    }
  }
  const GenerationRequest& request = from->request();
  const model::GenerationSpec& spec = request.samples[encoded.index];
  to->OnEvent(
      Picture{std::move(encoded), spec.seed, request.output_format, spec.width, spec.height});
}

void ImageSession::OnEnd(absl::Status status) {
  std::shared_ptr<EventSink> to;
  Completed completed;
  {
    absl::MutexLock lock(&mu_);
    ticket_.ReleaseSamples();
    deadline_ = {};
    to = sink_;
    completed.denoise_steps = denoise_steps_;
    if (task_ != nullptr) {
      completed.num_images = static_cast<int>(task_->request().samples.size());
    }
  }
  if (status.ok()) {
    completed.total_duration = intake_.clock().Now() - ledger_->arrival();
    to->OnEvent(completed);
  }
  to->OnEnd(status);
}

void ImageSession::OnReleased() {
  std::shared_ptr<EventSink> to;
  {
    absl::MutexLock lock(&mu_);
    to = std::move(sink_);
  }
  to->OnReleased();
}

std::shared_ptr<GenerationTask> ImageSession::task() const {
  absl::MutexLock lock(&mu_);
  return task_;
}

std::shared_ptr<EventSink> ImageSession::sink() const {
  absl::MutexLock lock(&mu_);
  return sink_;
}

}  // namespace strobe::server
