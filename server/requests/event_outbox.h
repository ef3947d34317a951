// The events of one call that wait for its reader.

#ifndef STROBE_SERVER_REQUESTS_EVENT_OUTBOX_H_
#define STROBE_SERVER_REQUESTS_EVENT_OUTBOX_H_

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "server/requests/event_outbox_options.h"
#include "server/requests/image_event.h"
#include "server/requests/request_ledger.h"

namespace strobe::server {

enum class EventKind { kAccepted, kProgress, kPartialImage, kImage, kCompleted, kError };

inline EventKind KindOf(const ImageEvent& event) {
  if (std::holds_alternative<Progress>(event)) return EventKind::kProgress;
  if (std::holds_alternative<Completed>(event)) return EventKind::kCompleted;
  const Picture* const picture = std::get_if<Picture>(&event);
  if (picture == nullptr) return EventKind::kAccepted;
  return picture->result.partial ? EventKind::kPartialImage : EventKind::kImage;
}

// A queue that keeps its order and stays bounded without ever losing what the caller paid for:
//  1. accepted, image, completed and error are always kept; a request has at most num_images + 2
//     of them.
//  2. progress and partial images are dropped once they exceed their bounds: the oldest partial
//     image first, the oldest progress when there is no partial image.
// `Bytes` is what the wire takes as a message. Not thread-safe.
template <typename Bytes>
class EventOutbox {
 public:
  struct Event {
    EventKind kind = EventKind::kAccepted;
    Bytes bytes;
    size_t size = 0;                        // of `bytes`
    std::shared_ptr<RequestLedger> ledger;  // of the request that it belongs to
    int images = 0;                         // finished ones that it brings
  };

  explicit EventOutbox(const EventOutboxOptions& options) : options_(options) {}

  // Returns how many partial images were dropped to make room, the new one included.
  int Push(Event event) {
    if (IsDroppable(event)) {
      ++droppable_events_;
      droppable_bytes_ += event.size;
    }
    events_.push_back(std::move(event));
    return DropUntilBounded();
  }

  // For `accepted`, which comes first although others may be there already.
  void PushFront(Event event) { events_.push_front(std::move(event)); }

  // The oldest event; nullopt when there is none.
  std::optional<Event> Pop() {
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    if (IsDroppable(event)) {
      --droppable_events_;
      droppable_bytes_ -= event.size;
    }
    events_.pop_front();
    return event;
  }

  bool empty() const { return events_.empty(); }
  bool holds(EventKind kind) const {
    return std::any_of(events_.begin(), events_.end(),
                       [kind](const Event& event) { return event.kind == kind; });
  }

  void Clear() {
    events_.clear();
    droppable_events_ = 0;
    droppable_bytes_ = 0;
  }

 private:
  static bool IsDroppable(const Event& event) {
    return event.kind == EventKind::kProgress || event.kind == EventKind::kPartialImage;
  }

  int DropUntilBounded() {
    int dropped_partial_images = 0;
    while (droppable_events_ > options_.max_droppable_events ||
           droppable_bytes_ > options_.max_droppable_bytes) {
      auto dropped = std::find_if(events_.begin(), events_.end(), [](const Event& event) {
        return event.kind == EventKind::kPartialImage;
      });
      if (dropped == events_.end()) {
        dropped = std::find_if(events_.begin(), events_.end(), IsDroppable);
      } else {
        ++dropped_partial_images;
      }
      --droppable_events_;
      droppable_bytes_ -= dropped->size;
      events_.erase(dropped);
    }
    return dropped_partial_images;
  }

  const EventOutboxOptions options_;
  std::deque<Event> events_;
  int droppable_events_ = 0;
  size_t droppable_bytes_ = 0;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_EVENT_OUTBOX_H_
