#include "client/commands/bench_provenance.h"

#include <sys/utsname.h>

#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/load/prometheus_text.h"
#include "client/load/server_metrics.h"

namespace strobe::client {
namespace {

constexpr absl::Duration kListDeadline = absl::Seconds(10);

// What the kernel calls the first processor; empty: nothing.
std::string ProcessorName() {
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);) {
    const size_t colon = line.find(':');
    if (absl::StartsWith(line, "model name") && colon != std::string::npos) {
      return std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
    }
  }
  return "";
}

// "16 processors (AMD EPYC 7B13), Linux 6.1.0 x86_64".
std::string DescribeHost() {
  utsname system = {};
  uname(&system);
  return absl::StrCat(std::thread::hardware_concurrency(), " processors (", ProcessorName(), "), ",
                      system.sysname, " ", system.release, " ", system.machine);
}

std::string DescribeModel(const v1::Model& model) {
  return absl::StrFormat("%s (%s), %dx%d, %d steps unless asked for", model.name(),
                         model.pipeline_class(), model.default_width(), model.default_height(),
                         model.default_num_inference_steps());
}

grpc::Status Identify(const BenchTarget& target, CommandContext& context,
                      ServerProvenance& server) {
  v1::ListModelsResponse models;
  CallOptions call;
  call.deadline = kListDeadline;
  call.canceller = &context.canceller;
  server.address = target.address;
  const grpc::Status status = target.client->ListModels(call, &models);
  for (const v1::Model& model : models.models()) server.models.push_back(DescribeModel(model));
  if (!status.ok() || target.metrics_urls.empty()) return status;
  const auto metrics = ScrapeMetrics(target.metrics_urls);
  if (metrics.ok()) {
    server.facts = ServerFacts(*metrics);
  } else {
    context.err << "strobe-client: " << metrics.status().message() << "\n";
  }
  return status;
}

}  // namespace

grpc::Status FindProvenance(const BenchOptions& options, const std::vector<BenchTarget>& targets,
                            CommandContext& context, Provenance& provenance) {
  provenance.started = absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone());
  provenance.command = options.command_line;
  provenance.client_version = STROBE_VERSION;
  provenance.host = DescribeHost();
  provenance.seed = options.seed;
  for (const BenchTarget& target : targets) {
    ServerProvenance server;
    const grpc::Status status = Identify(target, context, server);
    if (!status.ok()) return status;
    provenance.servers.push_back(std::move(server));
  }
  return grpc::Status::OK;
}

}  // namespace strobe::client
