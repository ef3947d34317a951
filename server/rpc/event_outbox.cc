#include "server/rpc/event_outbox.h"

#include <algorithm>
#include <utility>

namespace strobe::server {
namespace {

bool IsDroppable(EventKind kind) {
  return kind == EventKind::kProgress || kind == EventKind::kPartialImage;
}

}  // namespace

int EventOutbox::Push(Event event) {
  if (IsDroppable(event.kind)) {
    ++droppable_events_;
    droppable_bytes_ += event.bytes.Length();
  }
  events_.push_back(std::move(event));
  return DropUntilBounded();
}

void EventOutbox::PushFront(Event event) { events_.push_front(std::move(event)); }

std::optional<EventOutbox::Event> EventOutbox::Pop() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  if (IsDroppable(event.kind)) {
    --droppable_events_;
    droppable_bytes_ -= event.bytes.Length();
  }
  events_.pop_front();
  return event;
}

void EventOutbox::Clear() {
  events_.clear();
  droppable_events_ = 0;
  droppable_bytes_ = 0;
}

int EventOutbox::DropUntilBounded() {
  int dropped_partial_images = 0;
  while (droppable_events_ > options_.max_droppable_events ||
         droppable_bytes_ > options_.max_droppable_bytes) {
    auto victim = std::find_if(events_.begin(), events_.end(), [](const Event& event) {
      return event.kind == EventKind::kPartialImage;
    });
    if (victim == events_.end()) {
      victim = std::find_if(events_.begin(), events_.end(),
                            [](const Event& event) { return IsDroppable(event.kind); });
    } else {
      ++dropped_partial_images;
    }
    Erase(victim);
  }
  return dropped_partial_images;
}

void EventOutbox::Erase(std::deque<Event>::iterator it) {
  --droppable_events_;
  droppable_bytes_ -= it->bytes.Length();
  events_.erase(it);
}

}  // namespace strobe::server
