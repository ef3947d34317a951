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
    TorchEngineOptions torch;
    torch.models = models;
    torch.device = device;
    torch.engine = options.engine;
    torch.engines_on_cpu =
        std::max<int>(1, std::count(options.devices.begin(), options.devices.end(), "cpu"));
    torch.on_prompt_lookups = reports.prompt_lookups;
    torch.max_batch_size = options.backend.batching.policy.max_batch_size;
    torch.on_network_rows = reports.network_rows;
    torch.on_graph_refused = reports.graph_refused;
    torch.on_picture_recovered = reports.picture_recovered;
    torch.on_device_memory = reports.device_memory;
    return NewTorchEngine(std::move(torch));
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
