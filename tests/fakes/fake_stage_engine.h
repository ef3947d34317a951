// A stage engine without tensors: pictures of one colour that depends on the spec alone.

#ifndef STROBE_TESTS_FAKES_FAKE_STAGE_ENGINE_H_
#define STROBE_TESTS_FAKES_FAKE_STAGE_ENGINE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/batching/stage_engine.h"
#include "server/models/model_handle.h"
#include "tests/fakes/fake_clock.h"

namespace strobe::server {

// Times of the stages from prompt to picture, and of partial images.
inline PerStage<absl::Duration> TimesOf(absl::Duration encode_prompt, absl::Duration denoise,
                                        absl::Duration decode, absl::Duration preview = {}) {
  PerStage<absl::Duration> times;
  times[Stage::kEncodePrompt] = encode_prompt;
  times[Stage::kDenoise] = denoise;
  times[Stage::kDecode] = decode;
  times[Stage::kPreview] = preview;
  return times;
}

// One engine call as it came in.
struct EngineCall {
  Stage stage;
  std::vector<std::string> prompts;
  std::vector<int> steps_done;  // before the call, by sample
};

// Knows every stage. Refuses calls in the wrong order (a step before the prompt is encoded, too
// many steps). Faults are injected by prompts, whose powers are those of the whole batch:
//   "fail-encode", "fail-denoise", "fail-decode", "fail-preview"  INTERNAL at that stage
//   "oom-encode-above-N", "oom-denoise-above-N", ...              RESOURCE_EXHAUSTED at that stage
//                                                                 in batches of more than N
//   "fail-create", "not-finite"      cannot be created; cannot be shown (that sample alone)
//   "slow"                           every stage takes slow_time more
//   "hang"                           its denoising step comes back after Release, if ever
//   "lose-device"                    UNAVAILABLE at its denoising step, and everywhere from then on
// A call that fails leaves its samples as they were. Thread-safe in its controls.
class FakeStageEngine final : public StageEngine {
 public:
  // Each call moves `clock` by stage_time + batch size * sample_time of its stage; without a clock
  // no time passes.
  explicit FakeStageEngine(FakeClock* clock = nullptr);
  // The same, with whatever lets time pass.
  explicit FakeStageEngine(std::function<void(absl::Duration)> let_pass);

  // The picture of `spec` after `steps_done` steps, whatever batch it rode in.
  static model::RgbImage PictureOf(const model::GenerationSpec& spec, int steps_done);

  // Before models() is looked at.
  void AddPreviewDecoder() { models_.front().description.has_preview_decoder = true; }
  void SetDtype(const std::string& dtype) { models_.front().description.dtype = dtype; }
  void SetDirectory(const std::string& directory) { models_.front().directory = directory; }

  // Its only model, under the key that ModelRegistry gives first.
  ModelHandle model() const { return {models_.front().key, models_.front().description}; }

  int lanes = 1;
  PerStage<absl::Duration> stage_time;
  PerStage<absl::Duration> sample_time;
  absl::Duration slow_time;
  int largest_batch = 1 << 20;          // samples that fit into the memory
  bool batch_changes_pictures = false;  // by 3, in batches of several
  bool records_calls = true;            // else memory stays flat

  // From now on every call waits at its start, until Release.
  void Block();
  void Release();
  // Lets the call that is waiting go on; the next one waits again.
  void Step();
  // Blocks until `count` calls have come in (those waiting included).
  void WaitForCalls(int count);

  std::vector<EngineCall> calls() const;
  int live_samples() const { return live_samples_; }
  // True when a sample was in two calls at the same time, or destroyed during one.
  bool shared_sample() const { return shared_sample_; }

  int max_lanes() const override { return lanes; }
  void UseLanes(int /*lanes*/) override {}
  const std::vector<LoadedModel>& models() const override { return models_; }
  absl::StatusOr<std::unique_ptr<SampleState>> CreateSample(
      ModelKey model, const model::GenerationSpec& spec) override;
  absl::StatusOr<Pictures> Run(Stage stage, absl::Span<SampleState* const> batch) override;

 private:
  struct Sample;
  class InCall;

  // What a prompt asks for at `stage` of a batch of `batch_size`.
  absl::Status InjectedError(const std::string& prompt, Stage stage, int batch_size);
  // Records the call, waits if blocked, lets the time pass, and fails if a prompt asks for it.
  absl::Status Enter(Stage stage, absl::Span<SampleState* const> batch);
  // What the stage does to its samples, in the right order only.
  static absl::Status Advance(Stage stage, absl::Span<SampleState* const> batch);
  Pictures Decode(absl::Span<SampleState* const> batch) const;
  bool MayEnter() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return !blocked_ || permits_ > 0; }

  const std::function<void(absl::Duration)> let_pass_;  // may be empty
  std::atomic<bool> device_lost_ = false;
  std::vector<LoadedModel> models_;
  std::atomic<int> live_samples_ = 0;
  std::atomic<bool> shared_sample_ = false;

  mutable absl::Mutex mu_;
  std::vector<EngineCall> calls_ ABSL_GUARDED_BY(mu_);
  bool blocked_ ABSL_GUARDED_BY(mu_) = false;
  int permits_ ABSL_GUARDED_BY(mu_) = 0;
  bool released_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace strobe::server

#endif  // STROBE_TESTS_FAKES_FAKE_STAGE_ENGINE_H_
