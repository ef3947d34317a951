#include "tests/fakes/fake_stage_engine.h"

#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace strobe::server {
namespace {

constexpr PerStage<const char*> kStageWords = {
    {"encode", "start-image", "denoise", "decode", "preview"}};

std::function<void(absl::Duration)> Moving(FakeClock* clock) {
  if (clock == nullptr) return nullptr;
  return [clock](absl::Duration time) { clock->Advance(time); };
}

}  // namespace

struct FakeStageEngine::Sample final : SampleState {
  Sample(FakeStageEngine& engine, model::GenerationSpec spec)
      : engine(engine), spec(std::move(spec)) {
    ++engine.live_samples_;
  }
  ~Sample() override {
    if (in_call) engine.shared_sample_ = true;
    --engine.live_samples_;
  }
  bool prompt_truncated() const override { return spec.prompt.size() > 77; }

  FakeStageEngine& engine;
  const model::GenerationSpec spec;
  std::atomic<bool> in_call = false;
  bool encoded = false;
  int steps_done = 0;
};

// Marks the samples of a call.
class FakeStageEngine::InCall {
 public:
  explicit InCall(absl::Span<SampleState* const> batch) : batch_(batch) {
    for (SampleState* const state : batch_) {
      auto& sample = static_cast<Sample&>(*state);
      if (sample.in_call.exchange(true)) sample.engine.shared_sample_ = true;
    }
  }
  ~InCall() {
    for (SampleState* const state : batch_) static_cast<Sample&>(*state).in_call = false;
  }

 private:
  const absl::Span<SampleState* const> batch_;
};

FakeStageEngine::FakeStageEngine(FakeClock* clock) : FakeStageEngine(Moving(clock)) {}

FakeStageEngine::FakeStageEngine(std::function<void(absl::Duration)> let_pass)
    : let_pass_(std::move(let_pass)) {
  model::ModelDescription model;
  model.name = "fake";
  model.pipeline_class = "FakePipeline";
  model.default_width = model.default_height = 16;
  model.max_size = 64;
  model.num_inference_steps = {1, 2, 3, 4};
  model.default_num_inference_steps = 2;
  model.warmup_sizes = {{16, 16}};
  models_.push_back({{.model = 1}, "/no/such/model", std::move(model)});
}

model::RgbImage FakeStageEngine::PictureOf(const model::GenerationSpec& spec, int steps_done) {
  // FNV-1a: the same on every machine.
  uint32_t hash = 2166136261u;
  for (const char c :
       absl::StrCat(spec.prompt, "|", spec.negative_prompt, "|", spec.seed, "|",
                    spec.guidance_scale, "|", spec.num_inference_steps, "|", steps_done)) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  }
  model::RgbImage image{spec.width, spec.height, {}};
  image.pixels.reserve(static_cast<std::size_t>(spec.width) * spec.height * 3);
  for (int i = 0; i < spec.width * spec.height; ++i) {
    for (const int shift : {0, 8, 16}) {
      image.pixels.push_back(static_cast<uint8_t>(hash >> shift));
    }
  }
  return image;
}

void FakeStageEngine::Block() {
  absl::MutexLock lock(&mu_);
  blocked_ = true;
  released_ = false;
  permits_ = 0;
}

void FakeStageEngine::Release() {
  absl::MutexLock lock(&mu_);
  blocked_ = false;
  released_ = true;
}

void FakeStageEngine::Step() {
  absl::MutexLock lock(&mu_);
  ++permits_;
}

void FakeStageEngine::WaitForCalls(int count) {
  struct Wanted {
    const std::vector<EngineCall>* calls;
    std::size_t count;
  };
  absl::MutexLock lock(&mu_);
  Wanted wanted{&calls_, static_cast<std::size_t>(count)};
  mu_.Await(absl::Condition(
      +[](Wanted* w) { return w->calls->size() >= w->count; }, &wanted));
}

std::vector<EngineCall> FakeStageEngine::calls() const {
  absl::MutexLock lock(&mu_);
  return calls_;
}

absl::StatusOr<std::unique_ptr<SampleState>> FakeStageEngine::CreateSample(
    ModelKey model, const model::GenerationSpec& spec) {
  if (model != models_.front().key) {
    return absl::InvalidArgumentError("no such model");
  }
  if (spec.prompt == "fail-create") return absl::InternalError("secret detail");
  return std::make_unique<Sample>(*this, spec);
}

absl::Status FakeStageEngine::InjectedError(const std::string& prompt, Stage stage,
                                            int batch_size) {
  const std::string word = kStageWords[stage];
  absl::string_view rest = prompt;
  int fits = 0;
  if (absl::ConsumePrefix(&rest, absl::StrCat("oom-", word, "-above-")) &&
      absl::SimpleAtoi(rest, &fits) && batch_size > fits) {
    return absl::ResourceExhaustedError("secret detail");
  }
  if (prompt == "lose-device" && stage == Stage::kDenoise) device_lost_ = true;
  if (device_lost_) return absl::UnavailableError("secret detail");
  if (absl::StartsWith(prompt, "fail-" + word)) return absl::InternalError("secret detail");
  return absl::OkStatus();
}

absl::Status FakeStageEngine::Enter(Stage stage, absl::Span<SampleState* const> batch) {
  EngineCall call{stage, {}, {}};
  absl::Status status;
  bool hangs = false;
  const int batch_size = static_cast<int>(batch.size());
  absl::Duration time = stage_time[stage] + sample_time[stage] * batch_size;
  for (SampleState* const state : batch) {
    const auto& sample = static_cast<const Sample&>(*state);
    call.prompts.push_back(sample.spec.prompt);
    call.steps_done.push_back(sample.steps_done);
    status.Update(InjectedError(sample.spec.prompt, stage, batch_size));
    hangs |= sample.spec.prompt == "hang" && stage == Stage::kDenoise;
    if (sample.spec.prompt == "slow") time += slow_time;
  }
  if (batch_size > largest_batch) status.Update(absl::ResourceExhaustedError("secret detail"));
  {
    absl::MutexLock lock(&mu_);
    if (records_calls) calls_.push_back(std::move(call));
    mu_.Await(absl::Condition(this, &FakeStageEngine::MayEnter));
    if (blocked_) --permits_;
    if (hangs) mu_.Await(absl::Condition(&released_));
  }
  if (let_pass_) let_pass_(time);
  return status;
}

absl::StatusOr<Pictures> FakeStageEngine::Run(Stage stage, absl::Span<SampleState* const> batch) {
  const InCall in_call(batch);
  STROBE_RETURN_IF_ERROR(Enter(stage, batch));
  STROBE_RETURN_IF_ERROR(Advance(stage, batch));
  return model::TraitsOf(stage).gives_picture ? Decode(batch) : Pictures();
}

absl::Status FakeStageEngine::Advance(Stage stage, absl::Span<SampleState* const> batch) {
  for (SampleState* const state : batch) {
    auto& sample = static_cast<Sample&>(*state);
    if (stage == Stage::kEncodePrompt) sample.encoded = true;
    if (stage == Stage::kEncodeImage && (!sample.encoded || sample.steps_done > 0)) {
      return absl::FailedPreconditionError("the prompt is not encoded, or a step is done");
    }
    if (stage == Stage::kDenoise) {
      if (!sample.encoded || sample.steps_done >= sample.spec.num_inference_steps) {
        return absl::FailedPreconditionError("not encoded, or all steps are done");
      }
      ++sample.steps_done;
    }
  }
  return absl::OkStatus();
}

Pictures FakeStageEngine::Decode(absl::Span<SampleState* const> batch) const {
  Pictures pictures;
  for (SampleState* const state : batch) {
    const auto& sample = static_cast<const Sample&>(*state);
    if (sample.spec.prompt == "not-finite") {
      pictures.push_back(absl::InternalError("a value is not finite"));
    } else if (sample.steps_done == 0) {
      pictures.push_back(absl::FailedPreconditionError("no step is done"));
    } else {
      model::RgbImage picture = PictureOf(sample.spec, sample.steps_done);
      if (batch_changes_pictures && batch.size() > 1) {
        for (uint8_t& value : picture.pixels) value ^= 3;
      }
      pictures.push_back(std::move(picture));
    }
  }
  return pictures;
}

}  // namespace strobe::server
