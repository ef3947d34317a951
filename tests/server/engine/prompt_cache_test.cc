#include "server/engine/prompt_cache.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::server {
namespace {

constexpr size_t kValueBytes = 1000;

PromptKey Key(const std::string& prompt) {
  PromptKey key;
  key.prompt = prompt;
  return key;
}

// Room for `entries` values of one-letter prompts.
size_t RoomFor(int entries) { return entries * (kValueBytes + 2 * Key("a").bytes()); }

TEST(PromptCacheTest, FindsWhatWasInserted) {
  PromptCache<int> cache(RoomFor(2));
  EXPECT_EQ(cache.Find(Key("a")), nullptr);
  cache.Insert(Key("a"), 7, kValueBytes);
  ASSERT_NE(cache.Find(Key("a")), nullptr);
  EXPECT_EQ(*cache.Find(Key("a")), 7);
  EXPECT_EQ(cache.bytes(), RoomFor(1));
}

TEST(PromptCacheTest, EveryPartOfTheKeyCounts) {
  PromptCache<int> cache(RoomFor(100));
  const PromptKey plain = {{}, "p", "", false};
  cache.Insert(plain, 1, kValueBytes);
  EXPECT_EQ(cache.Find({{1}, "p", "", false}), nullptr);
  EXPECT_EQ(cache.Find({{0, 1}, "p", "", false}), nullptr) << "another set of adapters";
  EXPECT_EQ(cache.Find({{}, "q", "", false}), nullptr);
  EXPECT_EQ(cache.Find({{}, "p", "n", true}), nullptr);
  EXPECT_EQ(cache.Find({{}, "p", "", true}), nullptr);
  EXPECT_NE(cache.Find(plain), nullptr);
}

TEST(PromptCacheTest, ForgetsTheLeastRecentlyUsedFirst) {
  PromptCache<int> cache(RoomFor(2));
  cache.Insert(Key("a"), 1, kValueBytes);
  cache.Insert(Key("b"), 2, kValueBytes);
  ASSERT_NE(cache.Find(Key("a")), nullptr);  // now b is the older one
  cache.Insert(Key("c"), 3, kValueBytes);
  EXPECT_NE(cache.Find(Key("a")), nullptr);
  EXPECT_EQ(cache.Find(Key("b")), nullptr);
  EXPECT_NE(cache.Find(Key("c")), nullptr);
  EXPECT_EQ(cache.bytes(), RoomFor(2));
}

TEST(PromptCacheTest, NeverHoldsMoreThanItsCapacity) {
  PromptCache<int> cache(10000);
  for (int i = 0; i < 500; ++i) {
    cache.Insert(Key(std::string(1 + i % 300, 'x')), i, 100 + 37 * (i % 50));
    ASSERT_LE(cache.bytes(), 10000u);
  }
  EXPECT_GT(cache.size(), 0u);
}

TEST(PromptCacheTest, ReplacesTheValueOfAnEqualKey) {
  PromptCache<int> cache(RoomFor(2));
  cache.Insert(Key("a"), 1, kValueBytes);
  cache.Insert(Key("a"), 2, kValueBytes);
  EXPECT_EQ(*cache.Find(Key("a")), 2);
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.bytes(), RoomFor(1));
}

TEST(PromptCacheTest, RefusesWhatIsLargerThanItselfAndKeepsTheRest) {
  PromptCache<int> cache(RoomFor(2));
  cache.Insert(Key("a"), 1, kValueBytes);
  cache.Insert(Key("b"), 2, 10 * kValueBytes);
  EXPECT_EQ(cache.Find(Key("b")), nullptr);
  EXPECT_NE(cache.Find(Key("a")), nullptr);
}

TEST(PromptCacheTest, CapacityZeroKeepsNothing) {
  PromptCache<int> cache(0);
  cache.Insert(Key("a"), 1, 0);
  EXPECT_EQ(cache.Find(Key("a")), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(PromptCacheTest, ForgottenValuesAreFreed) {
  PromptCache<std::shared_ptr<int>> cache(RoomFor(1));
  auto value = std::make_shared<int>(1);
  cache.Insert(Key("a"), value, kValueBytes);
  EXPECT_EQ(value.use_count(), 2);
  cache.Insert(Key("b"), nullptr, kValueBytes);
  EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace strobe::server
