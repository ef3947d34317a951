// Which captions of a folder are prompts, and which pictures they are compared with.

#ifndef STROBE_MODEL_EVALUATION_REPORT_FOLDER_PROMPTS_H_
#define STROBE_MODEL_EVALUATION_REPORT_FOLDER_PROMPTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/scenes/caption_style.h"
#include "model/scenes/captioned_pictures.h"

namespace strobe::model {

struct FolderPrompt {
  int64_t picture = 0;  // of which it is a caption
  PictureCaption caption;
};

// A caption, and several pictures that it is true of.
struct SpreadPrompt {
  std::string text;
  std::vector<int64_t> pictures;
};

struct FolderPrompts {
  std::vector<FolderPrompt> prompts;
  std::vector<int64_t> references;  // pictures of which no prompt is
  std::vector<SpreadPrompt> spread;
};

struct FolderPromptOptions {
  CaptionStyle style = CaptionStyle::kOpen;
  uint64_t seed = 9;
  int num_prompts = 1000;
  int num_references = 5000;     // at most
  int num_spread_prompts = 48;   // at most
  int num_spread_pictures = 16;  // that each is true of
};

// A prompt is one caption, by chance, of a picture, by chance. In the open style it is any caption,
// in the named one a caption that says all that applies to its picture, in the sparse one a caption
// that says one attribute. Prompts are of half of the pictures at most; the others are references.
// Equal arguments give equal prompts, and the first n of more are the n of fewer.
// INVALID_ARGUMENT says how many prompts the pictures can give, when those are too few, and names a
// style that folders have not. Errors are those of `pictures` too.
absl::StatusOr<FolderPrompts> ChooseFolderPrompts(const CaptionedPictures& pictures,
                                                  const FolderPromptOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REPORT_FOLDER_PROMPTS_H_
