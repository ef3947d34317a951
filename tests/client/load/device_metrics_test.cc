#include "client/load/device_metrics.h"

#include "gtest/gtest.h"

namespace strobe::client {
namespace {

TEST(DeviceMetricsTest, ReadsTheExporterOfNvidia) {
  const auto before = ParseMetrics(
      "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"0\",UUID=\"GPU-1\"} 5000000\n"
      "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"1\",UUID=\"GPU-2\"} 7000000\n");
  const auto after = ParseMetrics(
      "# TYPE DCGM_FI_DEV_GPU_UTIL gauge\n"
      "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\",UUID=\"GPU-1\",modelName=\"NVIDIA H100 80GB HBM3\"} 97\n"
      "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"GPU-1\"} 512.5\n"
      "DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-1\"} 2048\n"
      "DCGM_FI_DEV_SM_CLOCK{gpu=\"0\",UUID=\"GPU-1\"} 1980\n"
      "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"0\",UUID=\"GPU-1\"} 9000000\n"
      "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"1\",UUID=\"GPU-2\"} 8000000\n");
  const DeviceUsage usage = DevicesBetween(before, after, absl::Seconds(10));
  EXPECT_DOUBLE_EQ(usage.energy_joules, 5000);
  EXPECT_DOUBLE_EQ(usage.mean_watts, 500);
  ASSERT_EQ(usage.gpus.size(), 2u);
  const GpuState& gpu = usage.gpus.at("0");
  EXPECT_EQ(gpu.name, "NVIDIA H100 80GB HBM3");
  EXPECT_DOUBLE_EQ(gpu.utilization, 0.97);
  EXPECT_DOUBLE_EQ(gpu.power_watts, 512.5);
  EXPECT_DOUBLE_EQ(gpu.memory_used_bytes, 2048.0 * 1024 * 1024);
  EXPECT_DOUBLE_EQ(gpu.sm_clock_hertz, 1.98e9);
}

TEST(DeviceMetricsTest, ReadsWhatProcessorsTakeFromTheNodeExporter) {
  const auto before = ParseMetrics(
      "node_rapl_package_joules_total{index=\"0\",path=\"a\"} 100\n"
      "node_rapl_package_joules_total{index=\"1\",path=\"b\"} 200\n");
  const auto after = ParseMetrics(
      "node_rapl_package_joules_total{index=\"0\",path=\"a\"} 150\n"
      "node_rapl_package_joules_total{index=\"1\",path=\"b\"} 230\n");
  const DeviceUsage usage = DevicesBetween(before, after, absl::Seconds(4));
  EXPECT_DOUBLE_EQ(usage.energy_joules, 80);
  EXPECT_DOUBLE_EQ(usage.mean_watts, 20);
  EXPECT_TRUE(usage.gpus.empty());
}

TEST(DeviceMetricsTest, WhatIsNotThereIsNotMadeUp) {
  const auto late = ParseMetrics("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"0\"} 9000000\n");
  EXPECT_EQ(DevicesBetween({}, late, absl::Seconds(1)).energy_joules, 0)
      << "counted since the machine started";
  EXPECT_EQ(DevicesBetween({}, {}, absl::ZeroDuration()).mean_watts, 0);
}

}  // namespace
}  // namespace strobe::client
