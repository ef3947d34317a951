#include "server/warmup.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/observability/logging.h"

namespace strobe::server {
namespace {

constexpr int kRepetitions = 2;
constexpr absl::Duration kReportEvery = absl::Seconds(3);

using StageTimes = std::array<absl::Duration, kStageCount>;

// One shape to run.
struct Shape {
  BatchKey key;
  int batch_size = 1;
};

std::vector<Shape> ShapesOf(const std::vector<model::ModelDescription>& models,
                            int max_batch_size) {
  std::vector<Shape> shapes;
  for (int index = 0; index < static_cast<int>(models.size()); ++index) {
    std::vector<std::pair<int, int>> sizes = models[index].warmup_sizes;
    if (sizes.empty()) sizes = {{models[index].default_width, models[index].default_height}};
    for (const auto& [width, height] : sizes) {
      for (int batch_size = 1; batch_size <= max_batch_size; ++batch_size) {
        shapes.push_back({{index, width, height}, batch_size});
      }
    }
  }
  return shapes;
}

class WarmupRun {
 public:
  WarmupRun(StageEngine& engine, const Clock& clock, const Shape& shape)
      : engine_(engine),
        clock_(clock),
        shape_(shape),
        model_(engine.models()[shape.key.model_index]) {}

  // Makes a batch and takes it through the stages once.
  absl::StatusOr<StageTimes> Run(int repetition) {
    absl::Status status = CreateSamples(repetition);
    if (!status.ok()) return Named(status);
    StageTimes times;
    status = Time(times[0], [this] { return engine_.EncodePrompts(batch_); });
    if (!status.ok()) return Named(status);
    status = Time(times[1], [this] { return engine_.DenoiseStep(batch_); });
    if (!status.ok()) return Named(status);
    status = Time(times[2], [this] { return Decode(); });
    if (!status.ok()) return Named(status);
    return times;
  }

 private:
  // Every prompt is a new one, so that a prompt cache does not hide the text encoder's cost.
  absl::Status CreateSamples(int repetition) {
    model::GenerationSpec spec;
    spec.width = shape_.key.width;
    spec.height = shape_.key.height;
    spec.num_inference_steps = model_.default_num_inference_steps;
    spec.guidance_scale = model_.default_guidance_scale;
    for (int i = 0; i < shape_.batch_size; ++i) {
      spec.seed = i;
      spec.prompt = absl::StrCat("warm-up ", spec.width, " ", spec.height, " ", shape_.batch_size,
                                 " ", repetition, " ", i);
      auto sample = engine_.CreateSample(shape_.key.model_index, spec);
      if (!sample.ok()) return sample.status();
      batch_.push_back(sample->get());
      samples_.push_back(*std::move(sample));
    }
    return absl::OkStatus();
  }

  absl::Status Decode() {
    const auto pictures = engine_.Decode(batch_);
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
    return absl::Status(
        status.code(),
        absl::StrCat("warm-up of model ", model_.name, " at ", shape_.key.width, "x",
                     shape_.key.height, ", batch ", shape_.batch_size, ": ", status.message()));
  }

  StageEngine& engine_;
  const Clock& clock_;
  const Shape& shape_;
  const model::ModelDescription& model_;
  std::vector<std::unique_ptr<SampleState>> samples_;
  std::vector<SampleState*> batch_;
};

absl::StatusOr<StageTimes> Measure(StageEngine& engine, const Clock& clock, const Shape& shape) {
  StageTimes best;
  best.fill(absl::InfiniteDuration());
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    const auto times = WarmupRun(engine, clock, shape).Run(repetition);
    if (!times.ok()) return times.status();
    for (int stage = 0; stage < kStageCount; ++stage) {
      best[stage] = std::min(best[stage], (*times)[stage]);
    }
  }
  return best;
}

}  // namespace

absl::StatusOr<CostModel> WarmUp(StageEngine& engine, int max_batch_size, const Clock& clock) {
  CostModel cost_model;
  const std::vector<Shape> shapes = ShapesOf(engine.models(), max_batch_size);
  absl::Time reported = clock.Now();
  for (size_t i = 0; i < shapes.size(); ++i) {
    const Shape& shape = shapes[i];
    if (clock.Now() - reported >= kReportEvery) {
      reported = clock.Now();
      Log(LogLevel::kInfo, "warming up",
          {{"model", engine.models()[shape.key.model_index].name},
           {"width", shape.key.width},
           {"height", shape.key.height},
           {"batch_size", shape.batch_size},
           {"done", i},
           {"total", shapes.size()}});
    }
    const auto times = Measure(engine, clock, shape);
    if (!times.ok()) return times.status();
    for (int stage = 0; stage < kStageCount; ++stage) {
      cost_model.Observe(static_cast<Stage>(stage), shape.key, shape.batch_size, (*times)[stage]);
    }
  }
  return cost_model;
}

}  // namespace strobe::server
