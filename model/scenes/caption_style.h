// How much of a scene its captions say.

#ifndef STROBE_MODEL_SCENES_CAPTION_STYLE_H_
#define STROBE_MODEL_SCENES_CAPTION_STYLE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/scenes/captioner.h"

namespace strobe::model {

// What is not said is open: many pictures are true of the caption. Textures and positions are said
// in every style, see CaptionScene.
enum class CaptionStyle {
  kUsual,  // mostly everything: CaptionOptions' own shares
  kNamed,  // everything
  kOpen,   // each attribute in one of two captions
  kSparse  // one attribute alone
};

// "usual", "named", "open" and "sparse". INVALID_ARGUMENT names the choices.
absl::string_view CaptionStyleName(CaptionStyle style);
absl::StatusOr<CaptionStyle> ParseCaptionStyle(absl::string_view name);

// Caption `variant` of `scene` in `style`: a pure function of its arguments.
SceneCaption CaptionInStyle(const Scene& scene, CaptionStyle style, uint64_t seed,
                            uint64_t variant);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_CAPTION_STYLE_H_
