// What a picture says of its origin.

#ifndef STROBE_SERVER_IMAGING_PROVENANCE_H_
#define STROBE_SERVER_IMAGING_PROVENANCE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "model/spec/generation_types.h"

namespace strobe::server {

// The longest packet in bytes, with and without the prompt.
inline constexpr size_t kMaxProvenanceBytes = 2048;
inline constexpr size_t kMaxProvenanceWithPromptBytes = 32 * 1024;

// An XMP packet that marks a picture as made by a trained model (IPTC Digital Source Type
// "trainedAlgorithmicMedia") and names `software` and `model`. `spec` adds its prompt (the first 4
// KiB), seed and steps in IPTC's AI Prompt Information; null: nothing of the request is told.
std::string ProvenancePacket(absl::string_view software, absl::string_view model,
                             const model::GenerationSpec* spec);

}  // namespace strobe::server

#endif  // STROBE_SERVER_IMAGING_PROVENANCE_H_
