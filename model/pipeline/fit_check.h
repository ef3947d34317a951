// Whether the components of a pipeline belong together: what every family asks.

#ifndef STROBE_MODEL_PIPELINE_FIT_CHECK_H_
#define STROBE_MODEL_PIPELINE_FIT_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "model/autoencoder/image_decoder.h"
#include "model/text/text_encoder.h"

namespace strobe::model {

// Collects what does not fit. Not thread-safe.
class FitCheck {
 public:
  // A pair of numbers that should be equal.
  void MustMatch(absl::string_view what, int64_t left, absl::string_view other, int64_t right);

  void Complain(std::string problem);

  // A tokenizer and the network behind it, named by their folders.
  void CheckText(const TextEncoderFacts& text, const std::string& tokenizer,
                 const std::string& text_encoder);

  // Latents of the decoder for previews, which may be null, and of the other.
  void CheckPreview(const ImageDecoder* preview, const ImageDecoder& decoder);

  // INVALID_ARGUMENT names everything.
  absl::Status status() const;

 private:
  std::vector<std::string> problems_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FIT_CHECK_H_
