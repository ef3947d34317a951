#include "server/startup/warmup_run.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::server {
namespace {

// A lane goes on until it has run for so long, or so often.
constexpr absl::Duration kEnough = absl::Milliseconds(60);
constexpr int kMostPasses = 6;

// One lane's batch.
class Pass {
 public:
  Pass(StageEngine& engine, const Clock& clock, const WarmupShape& shape)
      : engine_(engine), clock_(clock), shape_(shape), model_(shape.model.description) {}

  absl::StatusOr<StageTimes> Run(absl::string_view name) {
    STROBE_RETURN_IF_ERROR(Named(CreateSamples(name)));
    StageTimes times;
    for (StagePlan plan(model::kTextToImage, 1); !plan.done(); plan.Advance()) {
      STROBE_ASSIGN_OR_RETURN(times[plan.next()], Time(plan.next()));
    }
    times[Stage::kPreview] = times[Stage::kDecode];
    if (model_.has_preview_decoder) {
      STROBE_ASSIGN_OR_RETURN(times[Stage::kPreview], Time(Stage::kPreview));
    }
    return times;
  }

 private:
  absl::Status CreateSamples(absl::string_view name) {
    model::GenerationSpec spec;
    spec.width = shape_.key.width;
    spec.height = shape_.key.height;
    spec.num_inference_steps = model_.default_num_inference_steps;
    spec.guidance_scale = model_.default_guidance_scale;
    for (int i = 0; i < shape_.batch_size; ++i) {
      spec.seed = i;
      spec.prompt = absl::StrCat("warm-up ", spec.width, " ", spec.height, " ", shape_.batch_size,
                                 " ", name, " ", i);
      STROBE_ASSIGN_OR_RETURN(auto sample, engine_.CreateSample(shape_.model.key, spec));
      batch_.push_back(sample.get());
      samples_.push_back(std::move(sample));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<absl::Duration> Time(Stage stage) {
    const absl::Time start = clock_.Now();
    const auto pictures = engine_.Run(stage, batch_);
    const absl::Duration taken = clock_.Now() - start;
    STROBE_RETURN_IF_ERROR(Named(pictures.status()));
    for (const auto& picture : *pictures) STROBE_RETURN_IF_ERROR(Named(picture.status()));
    return taken;
  }

  absl::Status Named(const absl::Status& status) const {
    if (status.ok()) return status;
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

using Passes = std::vector<StageTimes>;

absl::StatusOr<Passes> RunLane(StageEngine& engine, const Clock& clock, const WarmupShape& shape,
                               const WarmupOptions& options, int lane) {
  Passes passes;
  const absl::Time start = clock.Now();
  const auto is_enough = [&] {
    const int count = static_cast<int>(passes.size());
    return count >= options.least_passes &&
           (count >= kMostPasses || clock.Now() - start >= kEnough);
  };
  while (!is_enough()) {
    STROBE_ASSIGN_OR_RETURN(
        const auto times,
        Pass(engine, clock, shape).Run(absl::StrCat(options.name, " ", lane, " ", passes.size())));
    passes.push_back(times);
  }
  return passes;
}

absl::Duration MedianOf(const Passes& passes, Stage stage) {
  std::vector<absl::Duration> times;
  for (const StageTimes& pass : passes) times.push_back(pass[stage]);
  // The first one pays for memory and kernels that later ones find ready.
  if (times.size() > 1) times.erase(times.begin());
  std::sort(times.begin(), times.end());
  return times[(times.size() - 1) / 2];
}

}  // namespace

absl::StatusOr<WarmupTimes> RunWarmup(StageEngine& engine, const Clock& clock,
                                      const WarmupShape& shape, const WarmupOptions& options) {
  std::vector<absl::StatusOr<Passes>> results(options.lanes, Passes());
  const absl::Time start = clock.Now();
  // Threads of their own, as batches will have: OpenMP's threads and their way of waiting belong to
  // the thread that uses them, and the times must be those of serving.
  std::vector<std::thread> threads;
  for (int lane = 0; lane < options.lanes; ++lane) {
    threads.emplace_back(
        [&, lane] { results[lane] = RunLane(engine, clock, shape, options, lane); });
  }
  for (std::thread& thread : threads) thread.join();

  WarmupTimes times;
  times.elapsed = clock.Now() - start;
  times.typical.values.fill(absl::ZeroDuration());
  for (const absl::StatusOr<Passes>& result : results) {
    STROBE_RETURN_IF_ERROR(result.status());
    times.passes += static_cast<int>(result->size());
    for (const Stage stage : model::kAllStages) {
      times.typical[stage] += MedianOf(*result, stage) / options.lanes;
      for (const StageTimes& pass : *result) {
        times.best[stage] = std::min(times.best[stage], pass[stage]);
      }
    }
  }
  return times;
}

}  // namespace strobe::server
