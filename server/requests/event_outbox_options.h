// What can be set about the events that wait for a reader.

#ifndef STROBE_SERVER_REQUESTS_EVENT_OUTBOX_OPTIONS_H_
#define STROBE_SERVER_REQUESTS_EVENT_OUTBOX_OPTIONS_H_

#include <cstddef>

namespace strobe::server {

struct EventOutboxOptions {
  int max_droppable_events = 256;  // progress and partial images together
  size_t max_droppable_bytes = 4 * 1024 * 1024;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_EVENT_OUTBOX_OPTIONS_H_
