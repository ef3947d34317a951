#include "model/training/distillation_method.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/training/imagine_flash.h"
#include "model/training/step_distillation.h"

namespace strobe::model {

absl::StatusOr<std::unique_ptr<DistillationMethod>> CreateDistillationMethod(
    const DistillationRecipe& recipe, const StepTableBuilder& builder,
    const DistillationNetworks& networks) {
  if (recipe.method == "imagine-flash") {
    auto method = ImagineFlash::Create(recipe, builder, networks);
    if (!method.ok()) return method.status();
    return std::unique_ptr<DistillationMethod>(*std::move(method));
  }
  if (recipe.method == "step") {
    auto method = StepDistillation::Create(recipe, builder, networks);
    if (!method.ok()) return method.status();
    return std::unique_ptr<DistillationMethod>(*std::move(method));
  }
  return absl::InvalidArgumentError(absl::StrCat("no distillation method '", recipe.method,
                                                 "': there are imagine-flash and step"));
}

}  // namespace strobe::model
