#include "server/observability/info_metrics.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

TEST(InfoMetricsTest, BuildInfoSaysWhatRuns) {
  prometheus::Registry metrics;
  AddBuildInfo(metrics, {.version = "1.2", .revision = "abc", .torch = "2.11", .grpc = "1.51"});
  EXPECT_EQ(MetricValue(metrics,
                        "strobe_build_info{build=\"unknown\",cuda=\"unknown\",grpc=\"1.51\","
                        "onednn=\"unknown\",revision=\"abc\",torch=\"2.11\",version=\"1.2\"}"),
            1);
}

TEST(InfoMetricsTest, ModelsAndDevicesSayWhatTheyAre) {
  prometheus::Registry metrics;
  AddModelInfo(metrics,
               ModelInfo{"tiny", "StableDiffusionPipeline", "float32", "AutoencoderKL", "00ff"});
  for (const char* device : {"cpu", "cpu"}) {
    AddDeviceInfo(metrics, DeviceInfo{device, "a processor", /*threads=*/4, /*lanes=*/2});
  }
  EXPECT_EQ(MetricValue(metrics,
                        "strobe_model_info{decoder=\"AutoencoderKL\",dtype=\"float32\",model="
                        "\"tiny\",pipeline=\"StableDiffusionPipeline\",weights=\"00ff\"}"),
            1);
  EXPECT_EQ(MetricValue(metrics,
                        "strobe_device_info{device=\"cpu\",hardware=\"a processor\",lanes=\"2\","
                        "threads=\"4\"}"),
            1);
}

}  // namespace
}  // namespace strobe::server
