// What can be set about the sending half of a call.

#ifndef STROBE_SERVER_RPC_CALL_WRITER_OPTIONS_H_
#define STROBE_SERVER_RPC_CALL_WRITER_OPTIONS_H_

#include "absl/time/time.h"
#include "server/requests/event_outbox_options.h"

namespace strobe::server {

struct CallWriterOptions {
  // A write that is under way for this long ends the call.
  absl::Duration write_stall_timeout = absl::Seconds(30);
  EventOutboxOptions outbox;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALL_WRITER_OPTIONS_H_
