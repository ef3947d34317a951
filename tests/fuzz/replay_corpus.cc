// Replays the seed corpus of a fuzz target as a test.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void Replay(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

TEST(CorpusTest, EverySeedAndEveryPrefixOfItIsSurvived) {
  int seeds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(STROBE_CORPUS)) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    Replay(bytes);
    constexpr size_t kPrefixes = 64;
    const size_t stride = bytes.size() / kPrefixes + 1;
    for (size_t size = 0; size < bytes.size(); size += stride) Replay(bytes.substr(0, size));
    ++seeds;
  }
  EXPECT_GE(seeds, 5);
}

}  // namespace
