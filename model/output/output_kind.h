// The kinds of folders that strobe-model writes.

#ifndef STROBE_MODEL_OUTPUT_OUTPUT_KIND_H_
#define STROBE_MODEL_OUTPUT_OUTPUT_KIND_H_

#include <string>

#include "absl/strings/string_view.h"

namespace strobe::model {

enum class OutputKind { kModel, kCritic, kWork, kEvaluation };

// "model", "critic", "work folder", "evaluation".
absl::string_view OutputKindName(OutputKind kind);

// Whether strobe-model writes a file of this name, relative to the folder, in a model or a critic.
bool IsFileOf(OutputKind kind, absl::string_view name);

// Whether `folder`, which has no marker, is of this kind by what earlier releases wrote in it.
bool LooksLike(OutputKind kind, const std::string& folder);

}  // namespace strobe::model

#endif  // STROBE_MODEL_OUTPUT_OUTPUT_KIND_H_
