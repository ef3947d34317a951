#include "client/commands/command_failure.h"

#include "client/call_error.h"

namespace strobe::client {

ExitCode ReportFailure(const grpc::Status& status, CommandContext& context) {
  if (status.error_code() == grpc::StatusCode::CANCELLED && context.canceller.cancelled()) {
    context.err << "strobe-client: interrupted\n";
    return kExitInterrupted;
  }
  context.err << "strobe-client: " << DescribeCallError(DecodeCallError(status)) << "\n";
  return ExitCodeFor(status.error_code());
}

}  // namespace strobe::client
