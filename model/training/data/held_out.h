// What a trained network is measured on.

#ifndef STROBE_MODEL_TRAINING_DATA_HELD_OUT_H_
#define STROBE_MODEL_TRAINING_DATA_HELD_OUT_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/training_data.h"

namespace strobe::model {

struct HeldOut {
  std::unique_ptr<TrainingData> data;
  CaptionBank captions;  // with labels in the classes of what was learnt from
};

// The pictures of TrainingData::CreateHeldOut, made before anything is trained, so that a test
// folder that does not fit costs no time. INVALID_ARGUMENT names the folder and the attributes and
// values that `heads`, those of the pictures that teach, lack.
absl::StatusOr<HeldOut> MakeHeldOut(const TrainingRecipe& recipe, int64_t most,
                                    const ClipTokenizer& tokenizer, const AttributeHeads& heads);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DATA_HELD_OUT_H_
