#include "server/rpc/event_outbox.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

grpc::ByteBuffer Bytes(size_t size) {
  const grpc::Slice slice(std::string(size, 'x'));
  return grpc::ByteBuffer(&slice, 1);
}

std::vector<EventKind> PopAll(EventOutbox& outbox) {
  std::vector<EventKind> kinds;
  while (auto event = outbox.Pop()) kinds.push_back(event->kind);
  return kinds;
}

using enum EventKind;

TEST(EventOutboxTest, KeepsTheOrderAndPutsAcceptedFirst) {
  EventOutbox outbox({});
  EXPECT_TRUE(outbox.empty());
  outbox.Push({kProgress, Bytes(1), nullptr});
  outbox.Push({kImage, Bytes(1), nullptr});
  outbox.PushFront({kAccepted, Bytes(1), nullptr});
  outbox.Push({kCompleted, Bytes(1), nullptr});
  EXPECT_EQ(PopAll(outbox), (std::vector{kAccepted, kProgress, kImage, kCompleted}));
  EXPECT_FALSE(outbox.Pop().has_value());
}

TEST(EventOutboxTest, DropsTheOldestPartialImageFirst) {
  EventOutbox outbox({.max_droppable_events = 2});
  EXPECT_EQ(outbox.Push({kProgress, Bytes(1), nullptr}), 0);
  EXPECT_EQ(outbox.Push({kPartialImage, Bytes(10), nullptr}), 0);
  EXPECT_EQ(outbox.Push({kPartialImage, Bytes(20), nullptr}), 1);
  EXPECT_EQ(outbox.Push({kProgress, Bytes(1), nullptr}), 1);
  EXPECT_EQ(outbox.Push({kProgress, Bytes(1), nullptr}), 0);  // the oldest progress went
  EXPECT_EQ(PopAll(outbox), (std::vector{kProgress, kProgress}));
}

TEST(EventOutboxTest, BoundsTheBytesOfPartialImagesAndKeepsFinalOnes) {
  EventOutbox outbox({.max_droppable_events = 100, .max_droppable_bytes = 100});
  for (int i = 0; i < 8; ++i) EXPECT_EQ(outbox.Push({kImage, Bytes(1000), nullptr}), 0);
  EXPECT_EQ(outbox.Push({kPartialImage, Bytes(60), nullptr}), 0);
  EXPECT_EQ(outbox.Push({kPartialImage, Bytes(60), nullptr}), 1);
  EXPECT_EQ(outbox.Push({kPartialImage, Bytes(101), nullptr}), 2);
  EXPECT_EQ(PopAll(outbox), std::vector<EventKind>(8, kImage));
}

TEST(EventOutboxTest, KeepsErrors) {
  EventOutbox outbox({.max_droppable_events = 0, .max_droppable_bytes = 0});
  EXPECT_EQ(outbox.Push({kError, Bytes(1000), nullptr}), 0);
  EXPECT_EQ(PopAll(outbox), std::vector{kError});
}

TEST(EventOutboxTest, PoppedAndClearedEventsMakeRoom) {
  EventOutbox outbox({.max_droppable_events = 1});
  EXPECT_EQ(outbox.Push({kPartialImage, Bytes(1), nullptr}), 0);
  outbox.Pop();
  EXPECT_EQ(outbox.Push({kPartialImage, Bytes(1), nullptr}), 0);
  outbox.Clear();
  EXPECT_EQ(outbox.Push({kPartialImage, Bytes(1), nullptr}), 0);
}

}  // namespace
}  // namespace strobe::server
