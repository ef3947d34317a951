// The folder `self_test` of a model directory: pictures that the model is known to draw.

#ifndef STROBE_MODEL_SELF_TEST_STORED_PICTURES_H_
#define STROBE_MODEL_SELF_TEST_STORED_PICTURES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/self_test/picture_difference.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

struct StoredPicture {
  GenerationSpec spec;
  RgbImage image;
};

// `self_test/self_test.json` and the PNG files that it names:
//   {"tolerance": {"max_difference": 2, "max_share": 0.01},
//    "pictures": [{"file": "1.png", "prompt": "a red circle", "seed": 1, "num_inference_steps":
//    3}]}
// A picture may also have "negative_prompt" and "guidance_scale" (1 by default); its size is the
// file's. The tolerance is for float32 and makes room for the arithmetic of other processors.
struct StoredPictures {
  PictureTolerance tolerance;
  std::vector<StoredPicture> pictures;  // at most kMaxStoredPictures
};

// A self-test is to be quick.
inline constexpr int kMaxStoredPictures = 16;

// No pictures when there is no such folder. INVALID_ARGUMENT names the file and what is wrong.
absl::StatusOr<StoredPictures> ReadStoredPictures(const std::string& model_directory);

// Makes the folder. What was in it under other names stays; FAILED_PRECONDITION when a file of one
// of these names is there and no self-test. Other errors name the file that cannot be written.
absl::Status WriteStoredPictures(const std::string& model_directory,
                                 const StoredPictures& pictures);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SELF_TEST_STORED_PICTURES_H_
