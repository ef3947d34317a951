// The events of one call that wait for its reader.

#ifndef STROBE_SERVER_RPC_EVENT_OUTBOX_H_
#define STROBE_SERVER_RPC_EVENT_OUTBOX_H_

#include <deque>
#include <memory>
#include <optional>

#include <grpcpp/support/byte_buffer.h>

#include "server/rpc/request_ledger.h"

namespace strobe::server {

enum class EventKind { kAccepted, kProgress, kPartialImage, kImage, kCompleted, kError };

// A queue that keeps its order and stays bounded without ever losing what the caller paid for:
//  1. accepted, image, completed and error are always kept; a request has at most num_images + 2
//     of them.
//  2. progress and partial images are dropped once they exceed their bounds: the oldest partial
//     image first, the oldest progress when there is no partial image.
// Not thread-safe.
class EventOutbox {
 public:
  struct Options {
    int max_droppable_events = 256;  // progress and partial images together
    size_t max_droppable_bytes = 4 * 1024 * 1024;
  };

  struct Event {
    EventKind kind = EventKind::kAccepted;
    grpc::ByteBuffer bytes;
    std::shared_ptr<RequestLedger> ledger;  // of the request that it belongs to
    int images = 0;                         // finished ones that it brings
  };

  explicit EventOutbox(const Options& options) : options_(options) {}

  // Returns how many partial images were dropped to make room, the new one included.
  int Push(Event event);

  // For `accepted`, which comes first although others may be there already.
  void PushFront(Event event);

  // The oldest event; nullopt when there is none.
  std::optional<Event> Pop();

  bool empty() const { return events_.empty(); }
  void Clear();

 private:
  int DropUntilBounded();
  void Erase(std::deque<Event>::iterator it);

  const Options options_;
  std::deque<Event> events_;
  int droppable_events_ = 0;
  size_t droppable_bytes_ = 0;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_EVENT_OUTBOX_H_
