// strobe-fake-server: the server program around the fake engine, for tests of a real process under
// the sanitizers.

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "server/server_program.h"
#include "tests/fakes/fake_stage_engine.h"

namespace strobe::server {
namespace {

// What a call of the real engine takes at least.
constexpr absl::Duration kStageTime = absl::Milliseconds(5);

// The fake engine, which takes real time.
class PacedEngine final : public StageEngine {
 public:
  int max_lanes() const override { return 1; }
  void UseLanes(int /*lanes*/) override {}
  const std::vector<model::ModelDescription>& models() const override { return fake_.models(); }
  absl::StatusOr<std::unique_ptr<SampleState>> CreateSample(
      int model_index, const model::GenerationSpec& spec) override {
    return fake_.CreateSample(model_index, spec);
  }
  absl::Status EncodePrompts(absl::Span<SampleState* const> batch) override {
    absl::SleepFor(kStageTime);
    return fake_.EncodePrompts(batch);
  }
  absl::Status DenoiseStep(absl::Span<SampleState* const> batch) override {
    absl::SleepFor(kStageTime);
    return fake_.DenoiseStep(batch);
  }
  absl::StatusOr<std::vector<absl::StatusOr<model::RgbImage>>> Decode(
      absl::Span<SampleState* const> batch) override {
    absl::SleepFor(kStageTime);
    return fake_.Decode(batch);
  }
  absl::StatusOr<std::vector<absl::StatusOr<model::RgbImage>>> DecodePreviews(
      absl::Span<SampleState* const> batch) override {
    absl::SleepFor(kStageTime);
    return fake_.DecodePreviews(batch);
  }

 private:
  FakeStageEngine fake_;
};

EngineFactory FakeEngineFactory(const ServerOptions&) {
  return
      [](const std::string&, const EngineReports&) -> absl::StatusOr<std::unique_ptr<StageEngine>> {
        return std::make_unique<PacedEngine>();
      };
}

}  // namespace
}  // namespace strobe::server

int main(int argc, char** argv) {
  using namespace strobe::server;
  return RunServerProgram(std::vector<std::string>(argv + 1, argv + argc), BaseBuildInfo(),
                          FakeEngineFactory);
}
