// The stage engine over the model runtime. This header is free of LibTorch.

#ifndef STROBE_SERVER_ENGINE_TORCH_ENGINE_H_
#define STROBE_SERVER_ENGINE_TORCH_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/batching/stage_engine.h"
#include "server/engine/engine_options.h"
#include "server/models/model_key.h"

namespace strobe::server {

struct TorchEngineOptions {
  std::vector<ModelSource> models;
  std::string device = "cpu";  // "cpu" or "cuda:N"
  EngineOptions engine;
  int engines_on_cpu = 1;  // that share the threads
  // The most samples of a batch: for the rows of every call if `exact`, and for the CUDA graphs of
  // each size. 0: neither.
  int max_batch_size = 0;

  // Called on the calling threads; may be empty. After each encode batch: how many samples took
  // their embeddings from the cache or from an equal prompt of the same batch, and how many did
  // not.
  std::function<void(int hits, int misses)> on_prompt_lookups;
  // After the calls of a network for a batch: their rows that are of samples, and those that were
  // filled up, see `exact` and max_batch_size.
  std::function<void(Stage stage, int used, int padding)> on_network_rows;
  // A network at one size cannot be recorded as a CUDA graph, and runs without: why. Once for each.
  std::function<void(const absl::Status&)> on_graph_refused;
  // A picture that was not finite became so in float32.
  std::function<void()> on_picture_recovered;
  // After each decode batch: bytes in tensors and bytes taken from the device; 0 on the CPU.
  std::function<void(int64_t allocated, int64_t reserved)> on_device_memory;
};

// Loads every model and gives an engine that
//  1. runs each stage without autograd and returns when the device has finished it;
//  2. encodes a prompt once: repeats are taken from a cache, in the same batch too;
//  3. turns everything LibTorch throws into a Status, as StageEngine promises, and frees the memory
//     that the allocator keeps when it ran out;
//  4. decodes a picture that is not finite once more in float32, alone, when the decoder computes
//     in 16 bits; then it fails alone. What the denoiser made not finite stays so.
// Refuses with one line that names the cause: a directory that cannot be loaded, two models of one
// name, a device that is not there. On the CPU, as many lanes as threads; one on CUDA.
absl::StatusOr<std::unique_ptr<StageEngine>> NewTorchEngine(TorchEngineOptions options);

// LibTorch's version ("2.11.0"), and the version of the CUDA runtime that this build uses ("13.0"),
// or "none".
std::string TorchVersion();
std::string TorchCudaVersion();
// oneDNN's ("3.7.1").
std::string OneDnnVersion();

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_TORCH_ENGINE_H_
