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
#include "model/scenes/caption_style.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {

struct EvaluationOptions {
  std::string runs;    // directory with the models' folders, see StandardTables
  std::string critic;  // directory of the critic
  std::string output;  // directory: EVALUATION.md, sheets/, pairwise.html, rows/
  std::string data;    // folder of labelled pictures, see FolderBenchmark; empty: drawn scenes
  SceneDomain domain = SceneDomain::kSimple;  // of the scenes
  CaptionStyle style = CaptionStyle::kNamed;
  uint64_t seed = 9;            // of prompts, noise and resamples
  int num_prompts = 1000;       // at least 8
  int num_references = 5000;    // true pictures behind the distances, at least 8
  int num_resamples = 1000;     // behind the intervals
  int num_spread_prompts = 48;  // for the spread over seeds
  int num_spread_seeds = 16;
  at::Device device = at::kCPU;
  std::string command;                              // how this was called, for the report
  std::function<void(absl::string_view)> progress;  // one line of text
  const std::atomic<bool>* interrupted = nullptr;   // set from a signal handler, say
};

// Measures every row of StandardTables whose folder is there, and of each folder the other training
// seeds beside it. What was measured before, of the same weights and options, is taken from rows/,
// so that a run that was cut off goes on. FAILED_PRECONDITION before any work when the output may
// not be written, as of OpenGrowingFolder. CANCELLED when interrupted; NOT_FOUND when no folder is
// there; errors of models, data and files name them.
absl::Status RunEvaluation(const EvaluationOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_EVALUATION_RUN_H_
