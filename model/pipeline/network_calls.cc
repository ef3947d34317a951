#include "model/pipeline/network_calls.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/pipeline/torch_call.h"

namespace strobe::model {
namespace {

// Of one pipeline. Each has tensors of its own for what goes in and out; a size needs about a
// dozen.
constexpr size_t kMaxGraphs = 96;

GraphKey KeyOf(Stage stage, const at::Tensor& latents, int64_t text_rows) {
  return {stage, latents.size(2), latents.size(3), text_rows, latents.size(0)};
}

}  // namespace

NetworkCalls::NetworkCalls(const PipelineOptions& options, Capture capture)
    : options_(options), capture_(std::move(capture)), ledger_(kMaxGraphs) {}

Tensors NetworkCalls::Run(Stage stage, const Tensors& inputs, int64_t text_rows, const Call& call) {
  const GraphKey key = KeyOf(stage, inputs.front(), text_rows);
  const int64_t rows = RowsOfCall(key);
  const bool may_have_graph = capture_ && rows != 0;
  Tensors results = CallInFixedRows(rows, inputs, [&](const Tensors& slice) {
    return may_have_graph ? RunOne(KeyOf(stage, slice.front(), text_rows), slice, call)
                          : call(slice);
  });
  Report(stage, key.rows, rows);
  return results;
}

void NetworkCalls::Report(Stage stage, int64_t used, int64_t rows) const {
  if (!options_.on_network_rows) return;
  options_.on_network_rows(stage, used, rows == 0 ? 0 : (rows - used % rows) % rows);
}

int64_t NetworkCalls::RowsOfCall(const GraphKey& key) const {
  if (options_.rows_of_call != 0 || !capture_) return options_.rows_of_call;
  GraphKey filled = key;
  filled.rows = GraphBucket(key.rows, options_.max_graph_samples);
  absl::MutexLock lock(&mu_);
  return ledger_.WayOf(filled) == GraphLedger::Way::kEager ? 0 : filled.rows;
}

Tensors NetworkCalls::RunOne(const GraphKey& key, const Tensors& inputs, const Call& call) {
  {
    absl::MutexLock lock(&mu_);
    const GraphLedger::Way way = ledger_.WayOf(key);
    const bool has_graph = way == GraphLedger::Way::kReplay ||
                           (way == GraphLedger::Way::kCapture && TryCapture(key, inputs, call));
    if (has_graph) return replays_.at(key)(inputs);
  }
  return call(inputs);
}

bool NetworkCalls::TryCapture(const GraphKey& key, const Tensors& inputs, const Call& call) {
  try {
    replays_[key] = capture_(inputs, call);
    ledger_.Record(key, true);
    return true;
  } catch (const std::exception&) {
    replays_.erase(key);
    ledger_.Record(key, false);
    if (options_.on_graph_refused) {
      options_.on_graph_refused(
          StatusOfException(absl::StrCat("capturing ", StageName(key.stage), " of ", key.rows,
                                         " rows of ", key.width, "x", key.height, " latents")));
    }
    return false;
  }
}

}  // namespace strobe::model
