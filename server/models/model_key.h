// What tells models apart.

#ifndef STROBE_SERVER_MODELS_MODEL_KEY_H_
#define STROBE_SERVER_MODELS_MODEL_KEY_H_

#include <cstdint>
#include <string>
#include <utility>

namespace strobe::server {

// A model that was loaded, and the set of adapters that a sample adds to it. Numbers are given by
// ModelRegistry and never again, so that what was kept under one (costs, embeddings, limits) cannot
// be taken for another model's. Samples of different adapters may share a batch.
struct ModelKey {
  uint32_t model = 0;     // 0: none
  uint32_t adapters = 0;  // 0: none

  friend bool operator==(const ModelKey&, const ModelKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const ModelKey& key) {
    return H::combine(std::move(h), key.model, key.adapters);
  }
};

// Where a model is to be loaded from.
struct ModelSource {
  ModelKey key;
  std::string directory;  // in diffusers layout
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_MODELS_MODEL_KEY_H_
