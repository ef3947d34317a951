// Who was measured, by whom and how.

#ifndef STROBE_CLIENT_COMMANDS_BENCH_PROVENANCE_H_
#define STROBE_CLIENT_COMMANDS_BENCH_PROVENANCE_H_

#include <grpcpp/support/status.h>

#include <vector>

#include "client/commands/bench_options.h"
#include "client/commands/command_context.h"
#include "client/load/bench_report.h"
#include "client/load/bench_session.h"

namespace strobe::client {

// Asks every target for its models, which shows at once whether there is a server, and for its
// metrics; those that cannot be had are left out, with a line on `context.err`. The status is that
// of the first target that did not answer.
grpc::Status FindProvenance(const BenchOptions& options, const std::vector<BenchTarget>& targets,
                            CommandContext& context, Provenance& provenance);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_BENCH_PROVENANCE_H_
