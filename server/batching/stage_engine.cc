#include "server/batching/stage_engine.h"

namespace strobe::server {

absl::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kEncodePrompt:
      return "encode_prompt";
    case Stage::kDenoise:
      return "denoise";
    case Stage::kDecode:
      return "decode";
    case Stage::kPreview:
      return "preview";
  }
  return "unknown";
}

}  // namespace strobe::server
