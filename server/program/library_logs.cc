#include "server/program/library_logs.h"

#include <string>

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include "absl/strings/str_cat.h"
#include "server/observability/logging.h"

namespace strobe::server {
namespace {

LogLevel LevelOf(gpr_log_severity severity) {
  switch (severity) {
    case GPR_LOG_SEVERITY_DEBUG:
      return LogLevel::kDebug;
    case GPR_LOG_SEVERITY_INFO:
      return LogLevel::kInfo;
    case GPR_LOG_SEVERITY_ERROR:
      return LogLevel::kWarning;
  }
  return LogLevel::kWarning;
}

void ForwardGrpcMessage(gpr_log_func_args* args) {
  Log(LevelOf(args->severity), "grpc",
      {{"detail", args->message}, {"source", absl::StrCat(args->file, ":", args->line)}});
}

// libprotobuf's fatal messages, after which it ends the process, are its only ones that matter.
void ForwardProtobufMessage(google::protobuf::LogLevel level, const char* file, int line,
                            const std::string& /*text*/) {
  Log(level == google::protobuf::LOGLEVEL_FATAL ? LogLevel::kError : LogLevel::kDebug, "protobuf",
      {{"source", absl::StrCat(file, ":", line)}});
}

}  // namespace

void CaptureLibraryLogs() {
  gpr_set_log_function(&ForwardGrpcMessage);
  google::protobuf::SetLogHandler(&ForwardProtobufMessage);
}

}  // namespace strobe::server
