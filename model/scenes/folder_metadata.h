// metadata.jsonl: the captions and attributes of a folder of pictures.

#ifndef STROBE_MODEL_SCENES_FOLDER_METADATA_H_
#define STROBE_MODEL_SCENES_FOLDER_METADATA_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/scenes/captioned_pictures.h"

namespace strobe::model {

struct FolderPicture {
  std::string file_name;  // below the folder
  PictureTexts texts;
};

struct FolderMetadata {
  AttributeHeads heads;  // empty: no line has attributes
  std::vector<FolderPicture> pictures;
};

// Reads `path`, a JSON object a line:
//
//   {"file_name": "a.png", "text": T, "attributes": {"color": "red", "moons": null}}
//
// T is a caption or a list of captions, each a string or {"text": "...", "says": ["color"]}: it
// says the attributes of the keys listed. A string, and an object without "says", says all that
// apply. See FolderAttributes for the heads. A line's other keys are ignored, empty lines too.
// NOT_FOUND: no such file. INVALID_ARGUMENT names the line, the picture and what is wrong, a key
// that an object has twice also.
absl::StatusOr<FolderMetadata> ReadFolderMetadata(const std::string& path);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_FOLDER_METADATA_H_
