#include "server/batching/generation_task.h"

#include <cassert>
#include <utility>

namespace strobe::server {

GenerationTask::GenerationTask(GenerationRequest request, std::shared_ptr<ResultSink> sink)
    : request_(std::move(request)),
      sink_(std::move(sink)),
      images_left_(static_cast<int>(request_.samples.size())),
      final_delivered_(request_.samples.size(), false) {}

bool GenerationTask::Fail(absl::Status why) {
  {
    absl::MutexLock lock(&mu_);
    if (ended_) return false;
    events_.clear();  // what the sink has not heard yet is worth nothing any more
    End(std::move(why));
  }
  Drain();
  return true;
}

void GenerationTask::End(absl::Status status) {
  ended_ = true;
  end_status_ = status;
  events_.push_back([status = std::move(status)](ResultSink& sink) { sink.OnEnd(status); });
  if (stages_running_ == 0) events_.push_back([](ResultSink& sink) { sink.OnReleased(); });
}

bool GenerationTask::EnterStage() {
  absl::MutexLock lock(&mu_);
  if (!ended_) ++stages_running_;
  return !ended_;
}

void GenerationTask::LeaveStage() {
  {
    absl::MutexLock lock(&mu_);
    if (--stages_running_ > 0 || !ended_) return;
    events_.push_back([](ResultSink& sink) { sink.OnReleased(); });
  }
  Drain();
}

absl::Status GenerationTask::end_status() const {
  absl::MutexLock lock(&mu_);
  return end_status_;
}

void GenerationTask::DeliverProgress(int index, int steps_done, int num_inference_steps) {
  {
    absl::MutexLock lock(&mu_);
    if (ended_) return;
    events_.push_back(
        [=](ResultSink& sink) { sink.OnProgress(index, steps_done, num_inference_steps); });
  }
  Drain();
}

void GenerationTask::DeliverPicture(SampleResult encoded) {
  {
    absl::MutexLock lock(&mu_);
    assert(encoded.index >= 0 && encoded.index < static_cast<int>(final_delivered_.size()));
    if (ended_ || final_delivered_[encoded.index]) return;
    const bool last = !encoded.partial && images_left_ == 1;
    if (!encoded.partial) {
      final_delivered_[encoded.index] = true;
      --images_left_;
    }
    // std::function wants copyable captures; the picture itself is not copied.
    auto picture = std::make_shared<SampleResult>(std::move(encoded));
    events_.push_back([picture](ResultSink& sink) { sink.OnPicture(std::move(*picture)); });
    if (last) End(absl::OkStatus());
  }
  Drain();
}

void GenerationTask::Drain() {
  absl::MutexLock lock(&mu_);
  if (draining_) return;
  draining_ = true;
  while (!events_.empty()) {
    const Event event = std::move(events_.front());
    events_.pop_front();
    mu_.Unlock();
    event(*sink_);
    mu_.Lock();
  }
  draining_ = false;
}

}  // namespace strobe::server
