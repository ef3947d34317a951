#include "server/observability/grpc_metrics.h"

#include <string>
#include <utility>

#include "server/observability/metric_builders.h"

namespace strobe::server {
namespace {

struct MethodLabels {
  absl::string_view service;
  absl::string_view name;
  absl::string_view type;
};

constexpr absl::string_view kService = "strobe.v1.ImageGenerationService";
constexpr absl::string_view kInference = "inference.GRPCInferenceService";
constexpr absl::string_view kHealth = "grpc.health.v1.Health";

constexpr MethodLabels kMethods[] = {
    {kService, "GenerateImages", "server_stream"},
    {kService, "LiveImages", "bidi_stream"},
    {kService, "ListModels", "unary"},
    {kInference, "ModelInfer", "unary"},
    {kInference, "ServerLive", "unary"},
    {kInference, "ServerReady", "unary"},
    {kInference, "ModelReady", "unary"},
    {kInference, "ServerMetadata", "unary"},
    {kInference, "ModelMetadata", "unary"},
    {kHealth, "Check", "unary"},
    {kHealth, "Watch", "server_stream"},
    {"unknown", "unknown", "unary"},
};

// CamelCase names of grpc::StatusCode, by number.
constexpr absl::string_view kCodeNames[] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};
constexpr int kUnknownCode = 2;

}  // namespace

GrpcMetrics::GrpcMetrics(prometheus::Registry& registry) {
  for (const MethodLabels& each : kMethods) {
    const Labels labels = {{"grpc_type", std::string(each.type)},
                           {"grpc_service", std::string(each.service)},
                           {"grpc_method", std::string(each.name)}};
    Method method;
    method.name = each.name;
    method.started =
        &AddCounter(registry, "grpc_server_started_total", "RPCs started on the server.", labels);
    method.received = &AddCounter(registry, "grpc_server_msg_received_total",
                                  "Messages received by the server.", labels);
    method.sent =
        &AddCounter(registry, "grpc_server_msg_sent_total", "Messages sent by the server.", labels);
    for (int code = 0; code < kCodeCount; ++code) {
      Labels with_code = labels;
      with_code["grpc_code"] = std::string(kCodeNames[code]);
      method.handled[code] =
          &AddCounter(registry, "grpc_server_handled_total",
                      "RPCs completed on the server, whatever their status.", with_code);
    }
    method.handling_seconds = std::make_unique<GuardedHistogram>(
        AddHistogram(registry, "grpc_server_handling_seconds",
                     "Time from start to status of an RPC.", LatencyBuckets(), labels));
    methods_.push_back(std::move(method));
  }
}

GrpcMetrics::Method& GrpcMetrics::Find(absl::string_view method) {
  const std::size_t slash = method.rfind('/');
  if (slash != absl::string_view::npos) method = method.substr(slash + 1);
  for (Method& each : methods_) {
    if (each.name == method) return each;
  }
  return methods_.back();
}

void GrpcMetrics::Started(absl::string_view method) { Find(method).started->Increment(); }

void GrpcMetrics::Handled(absl::string_view method, int grpc_code, double seconds) {
  const int code = grpc_code >= 0 && grpc_code < kCodeCount ? grpc_code : kUnknownCode;
  Method& found = Find(method);
  found.handled[code]->Increment();
  found.handling_seconds->Observe(seconds);
}

void GrpcMetrics::MessageReceived(absl::string_view method) { Find(method).received->Increment(); }

void GrpcMetrics::MessageSent(absl::string_view method) { Find(method).sent->Increment(); }

}  // namespace strobe::server
