#include "model/evaluation/statistics_file.h"

#include <filesystem>
#include <fstream>

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

std::string FreshPath(const std::string& name) {
  const auto path = std::filesystem::path(::testing::TempDir()) / name;
  std::filesystem::remove(path);
  return path.string();
}

TEST(StatisticsFileTest, ValuesAndDrawsComeBackToTheLastBit) {
  const std::string path = FreshPath("statistics.safetensors");
  const RowStatistics written = {{"frechet", {1.0 / 3, {0.1, 0.2, 0.3}}}, {"held out", {2.0, {}}}};
  ASSERT_TRUE(WriteStatistics(path, "key", written).ok());
  const auto read = ReadStatistics(path, "key");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->at("frechet").value, 1.0 / 3);
  EXPECT_EQ(read->at("frechet").draws, written.at("frechet").draws);
  EXPECT_TRUE(read->at("held out").draws.empty());
}

TEST(StatisticsFileTest, WhatWasMeasuredOfSomethingElseIsNotFound) {
  const std::string path = FreshPath("other.safetensors");
  EXPECT_TRUE(absl::IsNotFound(ReadStatistics(path, "key").status()));
  ASSERT_TRUE(WriteStatistics(path, "other weights", {{"frechet", {1.0, {}}}}).ok());
  EXPECT_TRUE(absl::IsNotFound(ReadStatistics(path, "key").status()));
}

TEST(StatisticsFileTest, AFileOfSomethingElseIsRefusedByName) {
  const std::string path = FreshPath("weights.safetensors");
  ASSERT_TRUE(
      WriteSafetensors(path, {{"weight", at::zeros({2, 2})}}, {{"strobe_measured", "key"}}).ok());
  EXPECT_THAT(std::string(ReadStatistics(path, "key").status().message()),
              HasSubstr("weights.safetensors: is not what an evaluation wrote"));
  std::ofstream(path) << "no tensors";
  EXPECT_THAT(std::string(ReadStatistics(path, "key").status().message()),
              HasSubstr("weights.safetensors"));
}

}  // namespace
}  // namespace strobe::model
