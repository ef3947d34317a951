// Workloads as JSON.

#ifndef STROBE_WORKLOAD_WORKLOAD_FILE_H_
#define STROBE_WORKLOAD_WORKLOAD_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "workload/workload.h"

namespace strobe::workload {

// A mixed workload:
//   {"classes": [{"name": "chat", "weight": 3, "prompts": ["a red circle"], "sizes": ["64x64"],
//                 "steps": [1, 2, 3], "min_steps": 1, "num_images": 1, "partial_images": 0,
//                 "format": "png", "quality": 90, "deadline": "500ms",
//                 "deadline_policy": "best_effort", "priority": "interactive", "slo": "250ms",
//                 "guidance_scale": 1, "model": "", "negative_prompt": "",
//                 "cancel": {"share": 0.1, "after": "50ms"}}]}
// Every key may be left out; "sizes", "steps" and "prompts" take one value or several.
// INVALID_ARGUMENT names the first thing that is wrong.
absl::StatusOr<Workload> ParseWorkload(absl::string_view json);

// A trace: one JSON object a line, with "arrival" (since the start: a number of seconds or "20ms"),
// "prompt", "size", "steps", "seed" and any key of a class above. Lines may be in any order; empty
// ones are skipped. INVALID_ARGUMENT names the line.
absl::StatusOr<Workload> ParseTrace(absl::string_view json_lines);

// "128x96", or "128" for a square, both sides from 1.
absl::StatusOr<ImageSize> ParseImageSize(absl::string_view text);

}  // namespace strobe::workload

#endif  // STROBE_WORKLOAD_WORKLOAD_FILE_H_
