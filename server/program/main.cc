// strobe-server: the program around the Torch engine.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/engine/torch_engine.h"
#include "server/program/server_program.h"

namespace strobe::server {
namespace {

EngineFactory TorchEngineFactory(const ServerOptions& options) {
  return [options](const std::string& device, const std::vector<ModelSource>& models,
                   const EngineReports& reports) {
    TorchEngineOptions engine;
    engine.models = models;
    engine.device = device;
    engine.dtype = options.dtype;
    engine.threads = options.threads;
    engine.engines_on_cpu =
        std::max<int>(1, std::count(options.devices.begin(), options.devices.end(), "cpu"));
    engine.prompt_cache_bytes = static_cast<size_t>(options.prompt_cache_mb) << 20;
    engine.rows_of_call = options.exact ? options.max_batch_size : 0;
    engine.on_prompt_lookups = reports.prompt_lookups;
    engine.max_batch_size = options.max_batch_size;
    engine.on_network_rows = reports.network_rows;
    engine.on_graph_refused = reports.graph_refused;
    engine.on_picture_recovered = reports.picture_recovered;
    engine.on_device_memory = reports.device_memory;
    return NewTorchEngine(std::move(engine));
  };
}

}  // namespace
}  // namespace strobe::server

int main(int argc, char** argv) {
  using namespace strobe::server;
  BuildInfo build_info = BaseBuildInfo();
  build_info.torch = TorchVersion();
  build_info.onednn = OneDnnVersion();
  build_info.cuda = TorchCudaVersion();
  return RunServerProgram(std::vector<std::string>(argv + 1, argv + argc), build_info,
                          TorchEngineFactory);
}
