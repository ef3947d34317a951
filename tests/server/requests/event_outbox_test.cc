#include "server/requests/event_outbox.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

using Outbox = EventOutbox<std::string>;

Outbox::Event Event(EventKind kind, size_t size) { return {kind, std::string(size, 'x'), size}; }

std::vector<EventKind> PopAll(Outbox& outbox) {
  std::vector<EventKind> kinds;
  while (auto event = outbox.Pop()) kinds.push_back(event->kind);
  return kinds;
}

using enum EventKind;

TEST(EventOutboxTest, KeepsTheOrderAndPutsAcceptedFirst) {
  Outbox outbox({});
  EXPECT_TRUE(outbox.empty());
  outbox.Push(Event(kProgress, 1));
  outbox.Push(Event(kImage, 1));
  outbox.PushFront(Event(kAccepted, 1));
  outbox.Push(Event(kCompleted, 1));
  EXPECT_EQ(PopAll(outbox), (std::vector{kAccepted, kProgress, kImage, kCompleted}));
  EXPECT_FALSE(outbox.Pop().has_value());
}

TEST(EventOutboxTest, DropsTheOldestPartialImageFirst) {
  Outbox outbox({.max_droppable_events = 2});
  EXPECT_EQ(outbox.Push(Event(kProgress, 1)), 0);
  EXPECT_EQ(outbox.Push(Event(kPartialImage, 10)), 0);
  EXPECT_EQ(outbox.Push(Event(kPartialImage, 20)), 1);
  EXPECT_EQ(outbox.Push(Event(kProgress, 1)), 1);
  EXPECT_EQ(outbox.Push(Event(kProgress, 1)), 0);  // the oldest progress went
  EXPECT_EQ(PopAll(outbox), (std::vector{kProgress, kProgress}));
}

TEST(EventOutboxTest, BoundsTheBytesOfPartialImagesAndKeepsFinalOnes) {
  Outbox outbox({.max_droppable_events = 100, .max_droppable_bytes = 100});
  for (int i = 0; i < 8; ++i) EXPECT_EQ(outbox.Push(Event(kImage, 1000)), 0);
  EXPECT_EQ(outbox.Push(Event(kPartialImage, 60)), 0);
  EXPECT_EQ(outbox.Push(Event(kPartialImage, 60)), 1);
  EXPECT_EQ(outbox.Push(Event(kPartialImage, 101)), 2);
  EXPECT_EQ(PopAll(outbox), std::vector<EventKind>(8, kImage));
}

TEST(EventOutboxTest, KeepsErrors) {
  Outbox outbox({.max_droppable_events = 0, .max_droppable_bytes = 0});
  EXPECT_EQ(outbox.Push(Event(kError, 1000)), 0);
  EXPECT_EQ(PopAll(outbox), std::vector{kError});
}

TEST(EventOutboxTest, PoppedAndClearedEventsMakeRoom) {
  Outbox outbox({.max_droppable_events = 1});
  EXPECT_EQ(outbox.Push(Event(kPartialImage, 1)), 0);
  outbox.Pop();
  EXPECT_EQ(outbox.Push(Event(kPartialImage, 1)), 0);
  EXPECT_TRUE(outbox.holds(kPartialImage));
  outbox.Clear();
  EXPECT_FALSE(outbox.holds(kPartialImage));
  EXPECT_EQ(outbox.Push(Event(kPartialImage, 1)), 0);
}

}  // namespace
}  // namespace strobe::server
