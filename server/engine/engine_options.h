// What can be set about the engine. Free of LibTorch.

#ifndef STROBE_SERVER_ENGINE_ENGINE_OPTIONS_H_
#define STROBE_SERVER_ENGINE_ENGINE_OPTIONS_H_

#include <string>

namespace strobe::server {

struct EngineOptions {
  std::string dtype = "float32";  // "float32", "bfloat16" or "float16"
  // CPU threads that all engines on the CPU share, and in each of them its lanes. 0: LibTorch's
  // choice, one for each physical core.
  int threads = 0;
  // Every network call has the rows of the largest batch: a picture is then the same bit for bit
  // whoever shares its batch.
  bool exact = false;
  int prompt_cache_mb = 64;  // MiB of prompt embeddings; 0: no cache
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_ENGINE_OPTIONS_H_
