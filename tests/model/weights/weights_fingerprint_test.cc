#include "model/weights/weights_fingerprint.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

class WeightsFingerprintTest : public testing::Test {
 protected:
  WeightsFingerprintTest() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~WeightsFingerprintTest() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return (folder_ / name).string();
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "weights_fingerprint_test";
};

TEST_F(WeightsFingerprintTest, IsThatOfFnv1aOverNameSizeAndBytes) {
  // Python: h = 0xcbf29ce484222325; for b in b"a.safetensors 3\\nabc":
  //   h = ((h ^ b) * 0x100000001b3) % 2**64
  EXPECT_EQ(WeightsFingerprint({Write("a.safetensors", "abc")}), "cfcba181b9b382dc");
  EXPECT_EQ(WeightsFingerprint({}), "cbf29ce484222325");
}

TEST_F(WeightsFingerprintTest, AFolderStandsForItsSafetensorsFilesInOrder) {
  const std::string b = Write("b.safetensors", "b");
  const std::string a = Write("a.safetensors", "a");
  Write("README.md", "not weights");
  EXPECT_EQ(WeightsFingerprint({folder_.string()}), WeightsFingerprint({a, b}));
  EXPECT_NE(WeightsFingerprint({a, b}), WeightsFingerprint({b, a}));
}

TEST_F(WeightsFingerprintTest, LargeFilesOfOneShapeAndOtherValuesDiffer) {
  std::string bytes(6'000'000, 'x');
  const std::string before = WeightsFingerprint({Write("a.safetensors", bytes)});
  // As a fine-tune of one late tensor: a hundred thousand bytes near the end.
  bytes.replace(5'000'000, 100'000, std::string(100'000, 'y'));
  EXPECT_NE(WeightsFingerprint({Write("a.safetensors", bytes)}), before);
  bytes.push_back('x');
  const std::string longer = WeightsFingerprint({Write("a.safetensors", bytes)});
  EXPECT_NE(longer, before);
}

TEST_F(WeightsFingerprintTest, WhatCannotBeReadCountsAsEmpty) {
  EXPECT_EQ(WeightsFingerprint({"/nowhere", "/nowhere.safetensors"}), WeightsFingerprint({}));
}

}  // namespace
}  // namespace strobe::model
