// Which of a pipeline's networks is called.

#ifndef STROBE_MODEL_SPEC_NETWORK_STAGE_H_
#define STROBE_MODEL_SPEC_NETWORK_STAGE_H_

namespace strobe::model {

// kPreview: the decoder for partial images.
enum class NetworkStage { kEncodePrompt, kDenoise, kDecode, kPreview };

inline const char* NetworkStageName(NetworkStage stage) {
  constexpr const char* kNames[] = {"encode_prompt", "denoise", "decode", "preview"};
  return kNames[static_cast<int>(stage)];
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_NETWORK_STAGE_H_
