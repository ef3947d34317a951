// A whole evaluation: checkpoints in, EVALUATION.md, sample sheets and a blind comparison out.

#ifndef STROBE_MODEL_EVALUATION_EVALUATION_RUN_H_
#define STROBE_MODEL_EVALUATION_EVALUATION_RUN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include <c10/core/Device.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {

struct EvaluationOptions {
  std::string runs;    // directory with the models' folders, see StandardRows
  std::string critic;  // directory of the critic
  std::string output;  // directory: EVALUATION.md, sheets/, pairwise.html, rows.json
  SceneDomain domain = SceneDomain::kSimple;
  int num_prompts = 1000;
  int num_references = 5000;  // true pictures behind the Frechet distances
  uint64_t seed = 9;
  at::Device device = at::kCPU;
  std::string command;                              // how this was called, for the report
  std::function<void(absl::string_view)> progress;  // one line of text
  const std::atomic<bool>* interrupted = nullptr;   // set from a signal handler, say
};

// Measures every row of StandardRows whose folder is there. A row that was measured before, of the
// same weights and options, is taken from rows.json, so that a run that was cut off goes on.
// FAILED_PRECONDITION before any work when the output may not be written, as of OpenGrowingFolder.
// CANCELLED when interrupted; NOT_FOUND when no folder is there; errors of models and files name
// them.
absl::Status RunEvaluation(const EvaluationOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_EVALUATION_RUN_H_
