#include "model/training/data/held_out.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::model {

absl::StatusOr<HeldOut> MakeHeldOut(const TrainingRecipe& recipe, int64_t most,
                                    const ClipTokenizer& tokenizer, const AttributeHeads& heads) {
  STROBE_ASSIGN_OR_RETURN(auto data, TrainingData::CreateHeldOut(recipe, most));
  auto captions = CaptionBank::Create(data->pictures(), {&tokenizer}, heads);
  if (captions.ok()) return HeldOut{std::move(data), *std::move(captions)};
  return absl::Status(captions.status().code(),
                      absl::StrCat(recipe.test_folder, ": ", captions.status().message()));
}

}  // namespace strobe::model
