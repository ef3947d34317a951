// Turns decoded pictures into PNG, JPEG, WebP or raw bytes, off the batcher's thread.

#ifndef STROBE_SERVER_IMAGING_ENCODE_STAGE_H_
#define STROBE_SERVER_IMAGING_ENCODE_STAGE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/base/executor.h"
#include "server/batching/generation_task.h"
#include "server/imaging/imaging_metrics.h"
#include "server/imaging/imaging_options.h"

namespace strobe::server {

// Encodes every picture as its request asks, marks it as made by a model, and delivers it to the
// task. Fills in SampleResult::encoded, frees its pixels (the size stays) and sets account.imaging.
//  1. Partial pictures never stand in the way of final ones: they are dropped, and counted, when
//     `max_pending_partials` are under way or the executor is full.
//  2. A partial picture is dropped, and counted, when a later picture of its sample was delivered
//     first, so each sample's pictures arrive in the order of their steps, the final one last.
//  3. A final picture that the executor refuses fails its task with RESOURCE_EXHAUSTED
//     (ENCODE_QUEUE_FULL); one that the codec refuses, with INTERNAL (IMAGE_ENCODE_FAILED).
//  4. Pictures of ended tasks cost nothing.
// Thread-safe.
class EncodeStage : public PictureConsumer {
 public:
  // `software` stands in the pictures' metadata as what made them. `clock` and `metrics` must
  // outlive the stage. The destructor waits for the executor's.
  EncodeStage(const ImagingOptions& options, std::string software, const Clock& clock,
              ImagingMetrics& metrics, std::unique_ptr<Executor> executor);
  ~EncodeStage() override;

  EncodeStage(const EncodeStage&) = delete;
  EncodeStage& operator=(const EncodeStage&) = delete;

  void Consume(std::shared_ptr<GenerationTask> task, SampleResult decoded) override;

 private:
  class PictureOrder;
  struct Job;
  using SampleKey = std::pair<const GenerationTask*, int>;

  // The order of `task`'s sample `index`, shared by all of its pictures that are under way.
  std::shared_ptr<PictureOrder> OrderOf(const GenerationTask* task, int index)
      ABSL_LOCKS_EXCLUDED(mu_);
  bool TakePartialSlot() ABSL_LOCKS_EXCLUDED(mu_);
  void ReleasePartialSlot() ABSL_LOCKS_EXCLUDED(mu_);
  void Run(Job& job);
  absl::StatusOr<std::string> Encode(const GenerationRequest& request,
                                     const SampleResult& picture) const;

  const ImagingOptions options_;
  const std::string software_;
  const Clock& clock_;
  ImagingMetrics& metrics_;
  absl::Mutex mu_;
  int pending_partials_ ABSL_GUARDED_BY(mu_) = 0;
  absl::flat_hash_map<SampleKey, std::weak_ptr<PictureOrder>> orders_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<Executor> executor_;  // last: its work uses all of the above
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_IMAGING_ENCODE_STAGE_H_
