#include "client/commands/exit_codes.h"

namespace strobe::client {

const char kExitCodesHelp[] =
    "Exit status:\n"
    "  0    done\n"
    "  1    failed: the server had an internal error, or a file could not be written\n"
    "  2    wrong command line\n"
    "  3    the server cannot be reached, or is not serving (starting, draining)\n"
    "  4    the server refused the request: invalid argument, unknown model, not allowed\n"
    "  5    the server is overloaded; the message says when to try again\n"
    "  6    the deadline passed, or cannot be met\n"
    "  7    bench: a --fail-if condition holds\n"
    "  8    bench: void, the client did not keep up with its own schedule\n"
    "  130  interrupted (Ctrl-C); the server was told to stop the work";

ExitCode ExitCodeFor(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return kExitOk;
    case grpc::StatusCode::UNAVAILABLE:
      return kExitNotServing;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return kExitRefused;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return kExitOverloaded;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return kExitDeadlineExceeded;
    default:
      return kExitFailed;
  }
}

}  // namespace strobe::client
