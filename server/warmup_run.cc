#include "server/warmup_run.h"

#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace strobe::server {
namespace {

// One lane's batch.
class LaneRun {
 public:
  LaneRun(StageEngine& engine, const Clock& clock, const WarmupShape& shape)
      : engine_(engine),
        clock_(clock),
        shape_(shape),
        model_(engine.models()[shape.key.model_index]) {}

  absl::StatusOr<StageTimes> Run(int lane, int repetition) {
    absl::Status status = CreateSamples(lane, repetition);
    if (!status.ok()) return Named(status);
    StageTimes times;
    status = Time(times[0], [this] { return engine_.EncodePrompts(batch_); });
    if (!status.ok()) return Named(status);
    status = Time(times[1], [this] { return engine_.DenoiseStep(batch_); });
    if (!status.ok()) return Named(status);
    status = Time(times[2], [this] { return Check(engine_.Decode(batch_)); });
    if (!status.ok()) return Named(status);
    times[3] = times[2];
    if (!model_.has_preview_decoder) return times;
    status = Time(times[3], [this] { return Check(engine_.DecodePreviews(batch_)); });
    if (!status.ok()) return Named(status);
    return times;
  }

 private:
  absl::Status CreateSamples(int lane, int repetition) {
    model::GenerationSpec spec;
    spec.width = shape_.key.width;
    spec.height = shape_.key.height;
    spec.num_inference_steps = model_.default_num_inference_steps;
    spec.guidance_scale = model_.default_guidance_scale;
    for (int i = 0; i < shape_.batch_size; ++i) {
      spec.seed = i;
      spec.prompt = absl::StrCat("warm-up ", spec.width, " ", spec.height, " ", shape_.batch_size,
                                 " ", repetition, " ", lane, " ", i);
      auto sample = engine_.CreateSample(shape_.key.model_index, spec);
      if (!sample.ok()) return sample.status();
      batch_.push_back(sample->get());
      samples_.push_back(*std::move(sample));
    }
    return absl::OkStatus();
  }

  static absl::Status Check(
      const absl::StatusOr<std::vector<absl::StatusOr<model::RgbImage>>>& pictures) {
    if (!pictures.ok()) return pictures.status();
    for (const auto& picture : *pictures) {
      if (!picture.ok()) return picture.status();
    }
    return absl::OkStatus();
  }

  template <typename Work>
  absl::Status Time(absl::Duration& taken, Work work) {
    const absl::Time start = clock_.Now();
    absl::Status status = work();
    taken = clock_.Now() - start;
    return status;
  }

  absl::Status Named(const absl::Status& status) const {
    const bool too_large = absl::IsResourceExhausted(status) && shape_.batch_size > 1;
    return absl::Status(
        status.code(),
        absl::StrCat("warm-up of model ", model_.name, " at ", shape_.key.width, "x",
                     shape_.key.height, ", batch ", shape_.batch_size, ": ", status.message(),
                     too_large ? " (a lower --max-batch-size needs less)" : ""));
  }

  StageEngine& engine_;
  const Clock& clock_;
  const WarmupShape& shape_;
  const model::ModelDescription& model_;
  std::vector<std::unique_ptr<SampleState>> samples_;
  std::vector<SampleState*> batch_;
};

}  // namespace

absl::StatusOr<WarmupTimes> RunWarmup(StageEngine& engine, const Clock& clock,
                                      const WarmupShape& shape, int lanes, int repetition) {
  std::vector<absl::StatusOr<StageTimes>> results(lanes, StageTimes());
  const absl::Time start = clock.Now();
  // Threads of their own, as batches will have: OpenMP's threads and their way of waiting belong to
  // the thread that uses them, and the times must be those of serving.
  std::vector<std::thread> threads;
  for (int lane = 0; lane < lanes; ++lane) {
    threads.emplace_back(
        [&, lane] { results[lane] = LaneRun(engine, clock, shape).Run(lane, repetition); });
  }
  for (std::thread& thread : threads) thread.join();

  WarmupTimes times{{}, clock.Now() - start};
  for (const absl::StatusOr<StageTimes>& result : results) {
    if (!result.ok()) return result.status();
    for (int stage = 0; stage < kStageCount; ++stage) {
      times.stages[stage] += (*result)[stage] / lanes;
    }
  }
  return times;
}

}  // namespace strobe::server
