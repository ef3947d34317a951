// What runs, as labels of series whose value is 1.

#ifndef STROBE_SERVER_OBSERVABILITY_INFO_METRICS_H_
#define STROBE_SERVER_OBSERVABILITY_INFO_METRICS_H_

#include <string>

#include <prometheus/registry.h>

namespace strobe::server {

// The labels of strobe_build_info.
struct BuildInfo {
  std::string version = "unknown";
  std::string revision = "unknown";
  std::string build = "unknown";  // compiler, build type and flags
  std::string torch = "unknown";
  std::string onednn = "unknown";
  std::string cuda = "unknown";
  std::string grpc = "unknown";
};

// The labels of strobe_model_info.
struct ModelInfo {
  std::string model;
  std::string pipeline;  // class in model_index.json
  std::string dtype;     // of the networks
  std::string decoder;   // class of the decoder of final images
  std::string weights;   // fingerprint of the weight files
};

// The labels of strobe_device_info.
struct DeviceInfo {
  std::string device;    // "cpu", "cuda:0"
  std::string hardware;  // "AMD EPYC 7B13"
  int threads = 0;       // CPU threads that the device's lanes share; 0 on a GPU
  int lanes = 0;         // micro-batches side by side
};

// Each adds a series to `registry`; the same labels twice are one series.
void AddBuildInfo(prometheus::Registry& registry, const BuildInfo& info);
void AddModelInfo(prometheus::Registry& registry, const ModelInfo& info);
void AddDeviceInfo(prometheus::Registry& registry, const DeviceInfo& info);

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_INFO_METRICS_H_
