// strobe-fake-server: the server program around the fake engine, for tests of a real process under
// the sanitizers.

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/program/server_program.h"
#include "tests/fakes/fake_stage_engine.h"

namespace strobe::server {
namespace {

// What a call of the real engine takes at least; STROBE_FAKE_STAGE_TIME, "0" or "2ms", changes it.
constexpr absl::Duration kStageTime = absl::Milliseconds(5);
// What a stage with the prompt "slow" takes more.
constexpr absl::Duration kSlowTime = absl::Milliseconds(200);

absl::Duration StageTime() {
  const char* const text = std::getenv("STROBE_FAKE_STAGE_TIME");
  absl::Duration time = kStageTime;
  if (text != nullptr && !absl::ParseDuration(text, &time)) std::abort();
  return time;
}

// The fake engine, which takes real time. Prompts inject faults: see FakeStageEngine.
EngineFactory FakeEngineFactory(const ServerOptions&) {
  return [](const std::string&, const std::vector<ModelSource>&,
            const EngineReports&) -> absl::StatusOr<std::unique_ptr<StageEngine>> {
    auto engine = std::make_unique<FakeStageEngine>(absl::SleepFor);
    engine->stage_time.values.fill(StageTime());
    engine->slow_time = kSlowTime;
    engine->records_calls = false;
    return engine;
  };
}

}  // namespace
}  // namespace strobe::server

int main(int argc, char** argv) {
  using namespace strobe::server;
  return RunServerProgram(std::vector<std::string>(argv + 1, argv + argc), BaseBuildInfo(),
                          FakeEngineFactory);
}
