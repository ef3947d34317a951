// Which calls of a network run as graphs, and how many rows they are filled up to. Pure, and free
// of LibTorch.

#ifndef STROBE_MODEL_PIPELINE_GRAPH_BUCKETS_H_
#define STROBE_MODEL_PIPELINE_GRAPH_BUCKETS_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>

#include "model/spec/stage.h"

namespace strobe::model {

// The smallest power of two that `rows` fit into, but at most `max_samples` where they fit into
// that, and else at most twice as many: with guidance a sample has two rows. More are split.
int64_t GraphBucket(int64_t rows, int64_t max_samples);

// One graph: a network at one size, in latent cells, with one number of text rows and of rows.
struct GraphKey {
  Stage stage = Stage::kDenoise;
  int64_t height = 0;
  int64_t width = 0;
  int64_t text_rows = 0;  // of each row's conditioning; 0: it has none
  int64_t rows = 0;

  auto operator<=>(const GraphKey&) const = default;
};

// Remembers which calls have a graph and which cannot have one, up to a number of both together:
// what comes later runs without, so that a caller with many sizes does not fill the memory. Not
// thread-safe.
class GraphLedger {
 public:
  enum class Way { kReplay, kCapture, kEager };

  explicit GraphLedger(size_t max_entries) : max_entries_(max_entries) {}

  Way WayOf(const GraphKey& key) const;
  // After WayOf has said kCapture: how it went.
  void Record(const GraphKey& key, bool captured) { captured_[key] = captured; }

 private:
  size_t max_entries_;
  std::map<GraphKey, bool> captured_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_GRAPH_BUCKETS_H_
