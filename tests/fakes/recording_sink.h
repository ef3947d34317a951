// Keeps what becomes of a task.

#ifndef STROBE_TESTS_FAKES_RECORDING_SINK_H_
#define STROBE_TESTS_FAKES_RECORDING_SINK_H_

#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/batching/generation_task.h"

namespace strobe::server {

// Thread-safe. Counts whatever a sink must never see: something after the end, a second end, a
// partial picture behind the final one.
class RecordingSink final : public ResultSink {
 public:
  struct Progress {
    int index;
    int steps_done;
    int num_inference_steps;
  };

  void OnProgress(int index, int steps_done, int num_inference_steps) override {
    absl::MutexLock lock(&mu_);
    if (end_.has_value()) ++violations_;
    progress_.push_back({index, steps_done, num_inference_steps});
  }

  void OnPicture(SampleResult picture) override {
    absl::MutexLock lock(&mu_);
    if (end_.has_value()) ++violations_;
    for (const SampleResult& each : pictures_) {
      if (each.index == picture.index && !each.partial) ++violations_;
    }
    pictures_.push_back(std::move(picture));
  }

  void OnEnd(absl::Status status) override {
    absl::MutexLock lock(&mu_);
    if (end_.has_value()) ++violations_;
    end_ = std::move(status);
  }

  // Blocks until the end came.
  absl::Status WaitForEnd() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &RecordingSink::HasEnded));
    return *end_;
  }

  std::optional<absl::Status> end() const {
    absl::MutexLock lock(&mu_);
    return end_;
  }
  std::vector<Progress> progress() const {
    absl::MutexLock lock(&mu_);
    return progress_;
  }
  std::vector<SampleResult> pictures(bool partial = false) const {
    absl::MutexLock lock(&mu_);
    std::vector<SampleResult> chosen;
    for (const SampleResult& each : pictures_) {
      if (each.partial == partial) chosen.push_back(each);
    }
    return chosen;
  }
  int violations() const {
    absl::MutexLock lock(&mu_);
    return violations_;
  }

 private:
  bool HasEnded() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return end_.has_value(); }

  mutable absl::Mutex mu_;
  std::vector<Progress> progress_ ABSL_GUARDED_BY(mu_);
  std::vector<SampleResult> pictures_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);
  int violations_ ABSL_GUARDED_BY(mu_) = 0;
};

// Delivers decoded pictures as they are, without encoding, on the batcher's thread.
class DirectConsumer final : public PictureConsumer {
 public:
  void Consume(std::shared_ptr<GenerationTask> task, SampleResult decoded) override {
    ++consumed;
    task->DeliverPicture(std::move(decoded));
  }

  std::atomic<int> consumed = 0;
};

}  // namespace strobe::server

#endif  // STROBE_TESTS_FAKES_RECORDING_SINK_H_
