#include "server/observability/info_metrics.h"

#include "server/observability/metric_builders.h"

namespace strobe::server {

void AddBuildInfo(prometheus::Registry& registry, const BuildInfo& info) {
  AddGauge(registry, "strobe_build_info", "1; the labels say what runs.",
           {{"version", info.version},
            {"revision", info.revision},
            {"build", info.build},
            {"torch", info.torch},
            {"onednn", info.onednn},
            {"cuda", info.cuda},
            {"grpc", info.grpc}})
      .Set(1);
}

void AddModelInfo(prometheus::Registry& registry, const ModelInfo& info) {
  AddGauge(registry, "strobe_model_info", "1; the labels say what a model is.",
           {{"model", info.model},
            {"pipeline", info.pipeline},
            {"dtype", info.dtype},
            {"decoder", info.decoder},
            {"weights", info.weights}})
      .Set(1);
}

void AddDeviceInfo(prometheus::Registry& registry, const DeviceInfo& info) {
  AddGauge(registry, "strobe_device_info", "1; the labels say what computes.",
           {{"device", info.device},
            {"hardware", info.hardware},
            {"threads", std::to_string(info.threads)},
            {"lanes", std::to_string(info.lanes)}})
      .Set(1);
}

}  // namespace strobe::server
