// The torch-free seam between batching and the model runtime.

#ifndef STROBE_SERVER_BATCHING_STAGE_ENGINE_H_
#define STROBE_SERVER_BATCHING_STAGE_ENGINE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/spec/generation_types.h"
#include "model/spec/model_description.h"
#include "server/batching/costs/stage.h"
#include "server/models/model_key.h"

namespace strobe::server {

// One entry for each sample of a batch, in order: the picture, or why this one cannot be shown (not
// finite, however it was computed).
using Pictures = std::vector<absl::StatusOr<model::RgbImage>>;

// What an engine computes on, for the record.
struct DeviceFacts {
  std::string hardware = "unknown";  // "AMD EPYC 7B13", "NVIDIA H100 80GB HBM3"
  int threads = 0;                   // CPU threads that its lanes share; 0 on a GPU
};

// A model that an engine can run.
struct LoadedModel {
  ModelKey key;
  std::string directory;
  model::ModelDescription description;
};

// What the engine keeps for one sample between two stages. Owned by the batcher; used and destroyed
// by one of its threads at a time.
class SampleState {
 public:
  virtual ~SampleState() = default;
  virtual bool prompt_truncated() const = 0;
};

// Runs one stage on one micro-batch. All samples of a batch have the same model and size; they may
// be at different steps of different step counts. At most max_lanes() threads may call it at the
// same time, and a sample is in one call at a time. No method throws or blocks on anything but the
// device. Errors of a stage:
//  - RESOURCE_EXHAUSTED: the device's memory did not suffice; the samples are as they were before
//    the call, and a smaller batch may fit;
//  - UNAVAILABLE: the device is lost, so that every later call will fail too;
//  - UNIMPLEMENTED: the engine does not know the stage;
//  - anything else: this batch cannot be run.
class StageEngine {
 public:
  virtual ~StageEngine() = default;

  // How many micro-batches can run side by side; at least 1. Whether that pays is to be measured.
  virtual int max_lanes() const = 0;

  virtual DeviceFacts device_facts() const { return {}; }

  // From now on calls come from so many lanes, each with its share of the CPU threads. While
  // nothing runs.
  virtual void UseLanes(int lanes) = 0;

  // What is loaded; never empty. Constant for the engine's life.
  virtual const std::vector<LoadedModel>& models() const = 0;

  // The state of a new sample of one of `models()`.
  virtual absl::StatusOr<std::unique_ptr<SampleState>> CreateSample(
      ModelKey model, const model::GenerationSpec& spec) = 0;

  // Runs `stage` once for each sample: kDenoise is one step, kDecode of samples whose steps are not
  // all done gives their current estimate of the clean image, kPreview the same with the model's
  // preview decoder when it has one. A stage that gives pictures returns one for each sample, the
  // others none.
  virtual absl::StatusOr<Pictures> Run(Stage stage, absl::Span<SampleState* const> batch) = 0;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_STAGE_ENGINE_H_
