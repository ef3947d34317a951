// What samples must have in common to share a batch at a stage.

#ifndef STROBE_SERVER_BATCHING_COSTS_BATCH_KEY_H_
#define STROBE_SERVER_BATCHING_COSTS_BATCH_KEY_H_

#include <compare>
#include <cstdint>
#include <utility>

#include "server/models/model_key.h"

namespace strobe::server {

// Without the adapters: each row of a batch carries its own.
struct BatchKey {
  uint32_t model = 0;  // ModelKey::model
  int width = 0;       // pixels
  int height = 0;      // pixels
  int text_rows = 0;   // of the encoded prompt; 0 where the model's text has a fixed length

  friend auto operator<=>(const BatchKey&, const BatchKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const BatchKey& key) {
    return H::combine(std::move(h), key.model, key.width, key.height, key.text_rows);
  }
};

// The one maker of keys. Every model's text has a fixed length.
inline BatchKey KeyOf(ModelKey model, int width, int height) {
  return {model.model, width, height, 0};
}

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_COSTS_BATCH_KEY_H_
