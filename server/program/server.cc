#include "server/program/server.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "model/image_io/image_codec.h"
#include "model/image_io/xmp.h"
#include "model/spec/image_format.h"
#include "server/base/periodic_task.h"
#include "server/imaging/provenance.h"
#include "server/observability/logging.h"
#include "server/program/request_log.h"
#include "server/startup/engine_reports.h"

namespace strobe::server {
namespace {

// Those whose health is readiness.
constexpr const char* kServices[] = {"strobe.v1.ImageGenerationService",
                                     "inference.GRPCInferenceService"};
constexpr char kLivenessName[] = "";
// For calls that have been ended to be gone. Some of other kinds, like health watches, go only when
// it is over.
constexpr absl::Duration kGraceForCalls = absl::Milliseconds(500);
// For everything to be closed after a fatal fault.
constexpr absl::Duration kLongestEnd = absl::Seconds(15);

uint64_t RandomNumber() {
  thread_local absl::BitGen generator;
  return absl::Uniform<uint64_t>(generator);
}

std::vector<std::string> NamesOf(const std::vector<ModelHandle>& models) {
  std::vector<std::string> names;
  for (const ModelHandle& model : models) names.push_back(model.description().name);
  return names;
}

}  // namespace

Server::Server(const ServerOptions& options, const BuildInfo& build_info, const Clock& clock,
               std::function<void(const FatalFault&)> on_fatal_fault)
    : options_(options),
      clock_(clock),
      on_fatal_fault_(std::move(on_fatal_fault)),
      metrics_(build_info) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options, const BuildInfo& build_info, const Clock& clock,
    std::function<void(const FatalFault&)> on_fatal_fault) {
  std::unique_ptr<Server> server(new Server(options, build_info, clock, std::move(on_fatal_fault)));
  STROBE_RETURN_IF_ERROR(server->Open());
  return server;
}

Server::~Server() {
  Abort();
  StopServing();
}

absl::Status Server::Open() {
  if (!options_.metrics_address.empty()) {
    STROBE_ASSIGN_OR_RETURN(
        metrics_server_, MetricsServer::Start(options_.metrics_address, metrics_.collectables()));
  }
  STROBE_ASSIGN_OR_RETURN(access_, AccessControl::Load(options_.access, clock_, security_metrics_));
  intake_ = std::make_unique<RequestIntake>(IntakeOptions(), clock_, metrics_.requests);
  core_ = std::make_unique<ServiceCore>(CoreOptions(), *intake_, clock_, rpc_metrics_);
  image_service_ = std::make_unique<ImageGenerationService>(*core_);
  inference_service_ = std::make_unique<InferenceService>(*core_);
  const std::vector<grpc::Service*> services = {image_service_.get(), inference_service_.get()};
  STROBE_ASSIGN_OR_RETURN(
      std::unique_ptr<ServerPorts> ports,
      ServerPorts::Open(options_.ports, static_cast<int>(MaxMessageBytes(options_.requests)),
                        services, access_->ForListener(), security_metrics_));
  port_ = ports->port();
  Log(LogLevel::kInfo, "listening",
      {{"address", options_.ports.address},
       {"port", port()},
       {"metrics_port", metrics_port()},
       {"health_port", ports->health_port()},
       {"admin_port", ports->admin_port()},
       {"tls", !options_.access.tls.certificate.empty()},
       {"tokens", !options_.access.token_file.empty()}});
  {
    absl::MutexLock lock(&ports_mu_);
    ports_ = std::move(ports);
  }
  SetReady(false);
  return absl::OkStatus();
}

RequestIntake::Options Server::IntakeOptions() const {
  RequestIntake::Options intake;
  intake.limits = options_.requests;
  const size_t metadata_bytes = model::kXmpOverheadBytes + (options_.backend.imaging.embed_prompts
                                                                ? kMaxProvenanceWithPromptBytes
                                                                : kMaxProvenanceBytes);
  intake.max_encoded_bytes = [metadata_bytes](model::ImageFormat format, int width, int height) {
    const size_t picture = model::MaxEncodedBytes(format, width, height);
    return format == model::ImageFormat::kRawRgb8 ? picture : picture + metadata_bytes;
  };
  intake.random = RandomNumber;
  intake.log_request = LogRequest;
  return intake;
}

ServiceCore::Options Server::CoreOptions() const {
  ServiceCore::Options core;
  core.writing = options_.calls;
  core.version = STROBE_VERSION;
  core.tokens = access_->token_lookup();
  return core;
}

absl::Status Server::Load(const EngineFactory& load_engine) {
  const absl::Time start = clock_.Now();
  std::vector<std::unique_ptr<StageEngine>> engines;
  const std::vector<ModelSource> models = models_.NewSources(options_.models);
  for (const std::string& device : options_.devices) {
    STROBE_ASSIGN_OR_RETURN(engines.emplace_back(),
                            load_engine(device, models, ReportsTo(metrics_.engine, warm_)));
  }
  const absl::Time loaded = clock_.Now();
  metrics_.model_loaded_timestamp_seconds.Set(absl::ToDoubleSeconds(loaded - absl::UnixEpoch()));
  backend_ = std::make_unique<GenerationBackend>(
      options_.backend, clock_, metrics_, models_, std::move(engines),
      [this](const FatalFault& fault) { OnFatalFault(fault); });
  intake_->Install(backend_->request_backend());
  Log(LogLevel::kInfo, "models loaded",
      {{"models", NamesOf(models_.List())},
       {"devices", options_.devices},
       {"load_seconds", absl::ToDoubleSeconds(loaded - start)}});
  return absl::OkStatus();
}

absl::Status Server::WarmUp() {
  const absl::Time start = clock_.Now();
  STROBE_RETURN_IF_ERROR(backend_->WarmUp());
  backend_->DescribeTo(metrics_.registry(), options_.devices);
  warm_ = true;
  backend_->admission().SetState(AdmissionController::State::kServing);
  SetReady(true);
  Log(LogLevel::kInfo, "serving",
      {{"address", options_.ports.address},
       {"port", port()},
       {"metrics_port", metrics_port()},
       {"models", NamesOf(models_.List())},
       {"devices", options_.devices},
       {"lanes", absl::StrJoin(backend_->lanes(), ",")},
       {"warmup_seconds", absl::ToDoubleSeconds(clock_.Now() - start)}});
  return absl::OkStatus();
}

void Server::Drain() {
  Log(LogLevel::kInfo, "draining", {{"inflight_requests", intake_->in_flight().count()}});
  metrics_.draining.Set(1);
  SetReady(false);
  AbortedWithin(options_.drain_delay);
  backend_->admission().SetState(AdmissionController::State::kDraining);
  intake_->in_flight().WaitUntilNone(options_.drain_timeout);
  StopServing();
  Log(LogLevel::kInfo, "stopped");
}

void Server::StopServing() {
  if (std::exchange(stopped_, true) || core_ == nullptr) return;
  if (!AbortedWithin(absl::ZeroDuration())) {
    backend_->StopBatches();
    intake_->in_flight().WaitUntilNone(kGraceForCalls);  // they are told what the batcher said
  }
  ClosePorts();
  if (backend_ != nullptr) backend_->Stop();
}

void Server::ClosePorts() {
  std::unique_ptr<ServerPorts> ports;
  {
    absl::MutexLock lock(&ports_mu_);
    ports = std::move(ports_);
  }
  if (ports == nullptr) return;
  core_->CutOffCalls();
  ports->ShutDown(kGraceForCalls);
}

void Server::OnFatalFault(const FatalFault& fault) {
  Log(LogLevel::kError, "fatal fault", {{"error", fault.description}});
  SetReady(false);
  {
    absl::MutexLock lock(&ports_mu_);
    if (ports_ != nullptr) ports_->SetServing(kLivenessName, false);
  }
  backend_->admission().SetState(AdmissionController::State::kDraining);
  {
    // Whatever the engine may hold beside its own thread, the process leaves.
    const PeriodicTask leave_anyway(kLongestEnd, [&] { on_fatal_fault_(fault); });
    intake_->in_flight().WaitUntilNone(kGraceForCalls);  // they are told what the batcher said
    ClosePorts();
  }
  on_fatal_fault_(fault);
}

void Server::Abort() {
  if (intake_ != nullptr) intake_->in_flight().StopWaiting();
  absl::MutexLock lock(&mu_);
  aborted_ = true;
}

void Server::SetReady(bool ready) {
  metrics_.ready.Set(ready ? 1 : 0);
  core_->SetReady(ready);
  absl::MutexLock lock(&ports_mu_);
  if (ports_ == nullptr) return;
  for (const char* const service : kServices) ports_->SetServing(service, ready);
}

bool Server::AbortedWithin(absl::Duration duration) {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(&aborted_), duration);
}

}  // namespace strobe::server
