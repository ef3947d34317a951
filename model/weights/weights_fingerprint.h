// Tells weight files apart without reading all of them.

#ifndef STROBE_MODEL_WEIGHTS_WEIGHTS_FINGERPRINT_H_
#define STROBE_MODEL_WEIGHTS_WEIGHTS_FINGERPRINT_H_

#include <string>

#include "absl/types/span.h"

namespace strobe::model {

// 16 hexadecimal digits that depend on the names, the sizes and samples of the contents of the
// .safetensors files that `paths` name, each a file or a folder of some: of every file the first
// MiB, where the header is, and 64 blocks of 4 KiB evenly spread over the rest. Files that differ
// in every tensor, as those of two trainings do, have different fingerprints; a change of a few
// values in a large file may not show. FNV-1a of 64 bits: against mistakes, not against attackers.
// What cannot be read counts as empty.
std::string WeightsFingerprint(absl::Span<const std::string> paths);

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_WEIGHTS_FINGERPRINT_H_
