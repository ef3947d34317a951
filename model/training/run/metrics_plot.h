// The curves of a metrics file as a picture.

#ifndef STROBE_MODEL_TRAINING_RUN_METRICS_PLOT_H_
#define STROBE_MODEL_TRAINING_RUN_METRICS_PLOT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace strobe::model {

// An SVG with a panel for each stage, in the order of the file: loss against step, the loss on a
// logarithmic axis. `metrics_jsonl` holds a JSON object a line with "stage", "step" and "loss";
// other lines, and losses that are not above 0, are left out. Where a run went on from a checkpoint
// and a step comes twice, the later line counts.
std::string LossCurvesSvg(absl::string_view metrics_jsonl);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_METRICS_PLOT_H_
