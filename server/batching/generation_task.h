// One admitted request on its way through batching and image encoding.

#ifndef STROBE_SERVER_BATCHING_GENERATION_TASK_H_
#define STROBE_SERVER_BATCHING_GENERATION_TASK_H_

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "model/spec/generation_types.h"
#include "model/spec/stage.h"
#include "server/batching/generation_request.h"

namespace strobe::server {

enum class FinishReason { kNone, kStop, kDeadline, kLoad };

// What one stage took of a sample's time.
struct StageAccount {
  absl::Duration duration;
  std::vector<int> batch_sizes;  // of each call, in order

  // 0 when it was not run.
  int last_batch_size() const { return batch_sizes.empty() ? 0 : batch_sizes.back(); }
};

// Where the time of one image went.
struct SampleAccount {
  absl::Duration queue;  // waiting for the device, all stages together
  model::PerStage<StageAccount> stages;
  absl::Duration imaging;  // making a PNG or the like of the finished picture; filled in by imaging
};

// One picture of a task. `data` holds raw RGB8 until imaging has encoded it.
struct SampleResult {
  int index = 0;
  bool partial = false;
  absl::Time decoded;     // when it left the device
  model::RgbImage image;  // emptied by imaging
  std::string encoded;    // filled in by imaging
  int steps_done = 0;
  bool prompt_truncated = false;
  FinishReason finish_reason = FinishReason::kNone;
  SampleAccount account;
};

// Receives what becomes of a task, from any thread. Implementations never block and hold no lock of
// their own while calling back. After OnEnd nothing more comes but OnReleased.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual void OnProgress(int index, int steps_done, int num_inference_steps) = 0;
  virtual void OnPicture(SampleResult encoded) = 0;  // partial or final
  // Exactly once: OK after the last final picture, else why the task ended early.
  virtual void OnEnd(absl::Status status) = 0;
  // Exactly once, after OnEnd: no device works on the task any more.
  virtual void OnReleased() {}
};

// Shared by the call that owns the request, the batcher and the encode stage. Events reach the sink
// one at a time and in order, whoever delivers them, and never while a lock of the task is held: a
// sink may call back into it. Thread-safe.
class GenerationTask {
 public:
  GenerationTask(GenerationRequest request, std::shared_ptr<ResultSink> sink);

  const GenerationRequest& request() const { return request_; }

  // Ends the task early: the sink hears it once, the batcher drops the samples at the next
  // boundary. False when it had already ended; `why` must not be OK.
  bool Fail(absl::Status why) ABSL_LOCKS_EXCLUDED(mu_);

  // True once the task can no longer change: all final pictures were delivered, or Fail was called.
  bool ended() const { return ended_; }

  // Why the task ended early; OK while it runs and after a complete end.
  absl::Status end_status() const ABSL_LOCKS_EXCLUDED(mu_);

  // Around each stage of a sample on a device. False when the task has ended: then the stage must
  // not run, and LeaveStage not be called.
  bool EnterStage() ABSL_LOCKS_EXCLUDED(mu_);
  void LeaveStage() ABSL_LOCKS_EXCLUDED(mu_);

  // Forward to the sink; ignored once the task has ended. A partial picture is also ignored once
  // the final one of its image was delivered, and so is a second final one. Delivering the last
  // final picture ends the task with OK.
  void DeliverProgress(int index, int steps_done, int num_inference_steps) ABSL_LOCKS_EXCLUDED(mu_);
  void DeliverPicture(SampleResult encoded) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Event = std::function<void(ResultSink&)>;

  // Queues the last events.
  void End(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Hands the queued events to the sink, unless another thread is doing so already.
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

  const GenerationRequest request_;
  const std::shared_ptr<ResultSink> sink_;
  mutable absl::Mutex mu_;
  std::atomic<bool> ended_ = false;  // changes under mu_; the batcher asks each waiting sample
  absl::Status end_status_ ABSL_GUARDED_BY(mu_);
  int images_left_ ABSL_GUARDED_BY(mu_);
  int stages_running_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<bool> final_delivered_ ABSL_GUARDED_BY(mu_);  // by image
  std::deque<Event> events_ ABSL_GUARDED_BY(mu_);           // not yet handed to the sink
  bool draining_ ABSL_GUARDED_BY(mu_) = false;              // a thread is in Drain
};

// Takes decoded pictures off the batcher's thread: imaging encodes them and delivers them to the
// task. Never blocks.
class PictureConsumer {
 public:
  virtual ~PictureConsumer() = default;
  virtual void Consume(std::shared_ptr<GenerationTask> task, SampleResult decoded) = 0;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_GENERATION_TASK_H_
