#include "server/program/server_program.h"

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/observability/logging.h"
#include "server/program/library_logs.h"
#include "server/program/measure_command.h"
#include "server/program/signal_watcher.h"
#include "server/program/simulate_command.h"

namespace strobe::server {
namespace {

// What signals do: nothing to lose before the server is ready, then drain, then cancel.
// Thread-safe.
class StopControl {
 public:
  // From here on a signal drains `server` instead of leaving the process.
  void Serve(Server& server) {
    absl::MutexLock lock(&mu_);
    server_ = &server;
  }

  void AwaitStop() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(&stop_));
  }

  // From here on signals change nothing.
  void Finish() {
    absl::MutexLock lock(&mu_);
    finished_ = true;
  }

  void OnSignal() {
    absl::MutexLock lock(&mu_);
    if (finished_) return;
    if (server_ == nullptr) {
      Log(LogLevel::kInfo, "stopped before ready");
      std::_Exit(kExitOk);
    }
    if (stop_) server_->Abort();
    stop_ = true;
  }

 private:
  absl::Mutex mu_;
  Server* server_ ABSL_GUARDED_BY(mu_) = nullptr;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

// Every connection is a file descriptor.
void RaiseFileLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    Log(LogLevel::kWarning, "cannot raise the limit of open files");
  }
}

// Some distributions build Abseil with its assertions; it then looks for circles among the locks
// whenever one is taken. The tests run with that, a server need not.
void TrustLocks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

// Says on stderr why the program ends, and with which code it does.
int Fail(absl::string_view why, int exit_code) {
  std::cerr << "strobe-server: " << why << std::endl;
  return exit_code;
}

// The engine may never return, and a lost device can hang whoever tidies up behind it: nothing is
// destroyed.
void LeaveAtOnce(const FatalFault& fault) {
  std::_Exit(
      Fail(fault.description, fault.kind == EngineFault::kHung ? kExitHung : kExitDeviceLost));
}

// From the open port to the drained server; the exit code.
int Serve(const ServerOptions& options, const BuildInfo& build_info,
          const EngineFactory& load_engine, StopControl& stop) {
  const auto server = Server::Start(options, build_info, Clock::Real(), LeaveAtOnce);
  if (!server.ok()) return Fail(server.status().message(), kExitFailed);
  if (const absl::Status loaded = (*server)->Load(load_engine); !loaded.ok()) {
    return Fail(loaded.message(), kExitFailed);
  }
  if (const absl::Status warm = (*server)->WarmUp(); !warm.ok()) {
    const bool lost = FaultOf(warm) == EngineFault::kDeviceLost;
    const bool other_pictures = absl::IsDataLoss(warm);
    return Fail(warm.message(), lost             ? kExitDeviceLost
                                : other_pictures ? kExitSelfTest
                                                 : kExitFailed);
  }
  stop.Serve(**server);
  stop.AwaitStop();
  (*server)->Drain();
  stop.Finish();
  return kExitOk;
}

}  // namespace

BuildInfo BaseBuildInfo() {
  BuildInfo info;
  info.version = STROBE_VERSION;
  info.revision = STROBE_REVISION;
  info.build = STROBE_BUILD;
  info.grpc = grpc::Version();
  return info;
}

int RunServerProgram(const std::vector<std::string>& arguments, const BuildInfo& build_info,
                     const std::function<EngineFactory(const ServerOptions&)>& engine_factory) {
  const std::string subcommand = arguments.empty() ? "" : arguments.front();
  if (subcommand == "simulate" || subcommand == "measure") {
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    return subcommand == "simulate" ? RunSimulateCommand(rest, std::cout, std::cerr)
                                    : RunMeasureCommand(rest, engine_factory, std::cout, std::cerr);
  }
  const ParsedCommandLine parsed = ParseCommandLine(arguments, ProcessEnvironment());
  if (parsed.exit_code.has_value()) {
    (*parsed.exit_code == kExitOk ? std::cout : std::cerr) << parsed.text << std::flush;
    return *parsed.exit_code;
  }
  const ServerOptions& options = parsed.options;
  ConfigureLogging(options.log);
  StopControl stop;
  const SignalWatcher signals([&stop](int) { stop.OnSignal(); });
  std::signal(SIGPIPE, SIG_IGN);
  RaiseFileLimit();
  CaptureLibraryLogs();
  TrustLocks();

  grpc_init();  // never undone: gRPC's own end can wait 10 s for one of its threads
  return Serve(options, build_info, engine_factory(options), stop);
}

}  // namespace strobe::server
