// How a pipeline runs its networks, and whom it tells about it.

#ifndef STROBE_MODEL_PIPELINE_PIPELINE_OPTIONS_H_
#define STROBE_MODEL_PIPELINE_PIPELINE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "absl/status/status.h"
#include "model/spec/stage.h"

namespace strobe::model {

struct PipelineOptions {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;  // of the networks, but see DecoderDtype
  bool dtype_beats_manifest = false;  // else the manifest's `dtype`, where it has one, counts
  // Rows of every call of a network: what is missing is filled up, more is split, and a row's
  // bits then do not depend on who shares the batch. 0: as many rows as there are.
  int64_t rows_of_call = 0;
  // On CUDA, batches of up to so many samples are denoised and decoded as CUDA graphs, recorded
  // at the first call of each size: calls are filled up to a power of two of rows. 0: no graphs.
  int64_t max_graph_samples = 0;

  // Called on the calling threads; may be empty. After a stage's calls of a network: their rows
  // that are of samples, and those that were filled up.
  std::function<void(Stage stage, int64_t used, int64_t padding)> on_network_rows;
  // A call cannot be recorded, and is made without a graph from now on: why.
  std::function<void(const absl::Status&)> on_graph_refused;
};

// The overrides of `strobe-model generate`; absent fields leave the model's own choice.
struct SamplingOverrides {
  std::vector<double> timesteps;  // explicit labels, descending, one for each inference step
  std::optional<double> eta;      // DDIM's and TCD's
  std::optional<bool> noise_correction;
  at::Tensor initial_noise;            // unit variance, [C, h, w] or [1, C, h, w]
  std::vector<at::Tensor> step_noise;  // by step, the same shape; undefined: drawn from the seed
  // An empty negative prompt is embedded even where the model takes zeros for an absent one.
  bool embed_empty_negative_prompt = false;
  // Sizes and step counts that the manifest does not limit are taken beyond their default limits.
  bool beyond_offer = false;
  // Step counts that the manifest leaves out are taken too: to measure what a student makes of
  // them.
  bool any_step_count = false;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_PIPELINE_OPTIONS_H_
