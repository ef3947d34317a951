// How the networks of a pipeline are called: in fixed rows, as graphs, or just so.

#ifndef STROBE_MODEL_PIPELINE_NETWORK_CALLS_H_
#define STROBE_MODEL_PIPELINE_NETWORK_CALLS_H_

#include <cstdint>
#include <functional>
#include <map>

#include <ATen/core/Tensor.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "model/pipeline/fixed_rows.h"
#include "model/pipeline/graph_buckets.h"
#include "model/pipeline/pipeline_options.h"

namespace strobe::model {

// Decides the rows of each call (see PipelineOptions), fills them up, and replays a
// graph where there is one or one can be captured. A call that cannot be captured is made as it is,
// then and ever after, and reported once. Thread-safe; calls with graphs are made one at a time.
class NetworkCalls {
 public:
  using Call = std::function<Tensors(const Tensors&)>;
  // GraphCapturer::Capture: from a call to one that replays its graph; throws when there is none.
  using Capture = std::function<Call(const Tensors& inputs, const Call& call)>;

  // An empty `capture`: no graphs.
  NetworkCalls(const PipelineOptions& options, Capture capture);

  // call(inputs) as CallInFixedRows has it. `inputs[0]`: latents [B, C, h, w]; `text_rows`: of the
  // conditioning among the inputs, 0 where there is none; together they determine the shapes of
  // all inputs. What `call` uses must live as long as this, and of one stage it must always do the
  // same.
  Tensors Run(Stage stage, const Tensors& inputs, int64_t text_rows, const Call& call);

  // The rows of a call that is never a graph; 0: as many as there are.
  int64_t rows_of_call() const { return options_.rows_of_call; }
  // Reports that `used` rows were made in calls of `rows` rows.
  void Report(Stage stage, int64_t used, int64_t rows) const;

 private:
  int64_t RowsOfCall(const GraphKey& key) const ABSL_LOCKS_EXCLUDED(mu_);
  Tensors RunOne(const GraphKey& key, const Tensors& inputs, const Call& call)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Whether there is a graph now.
  bool TryCapture(const GraphKey& key, const Tensors& inputs, const Call& call)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const PipelineOptions options_;
  const Capture capture_;
  mutable absl::Mutex mu_;
  GraphLedger ledger_ ABSL_GUARDED_BY(mu_);
  std::map<GraphKey, Call> replays_ ABSL_GUARDED_BY(mu_);
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_NETWORK_CALLS_H_
