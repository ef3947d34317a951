#include "model/training/methods/distillation_method.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/training/methods/adversarial_distillation.h"
#include "model/training/methods/imagine_flash.h"
#include "model/training/methods/latent_consistency.h"
#include "model/training/methods/step_distillation.h"

namespace strobe::model {

namespace {

template <typename Method>
absl::StatusOr<std::unique_ptr<DistillationMethod>> Make(const DistillationRecipe& recipe,
                                                         const StepTableBuilder& builder,
                                                         const DistillationNetworks& networks) {
  STROBE_ASSIGN_OR_RETURN(auto method, Method::Create(recipe, builder, networks));
  return std::unique_ptr<DistillationMethod>(std::move(method));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DistillationMethod>> CreateDistillationMethod(
    const DistillationRecipe& recipe, const StepTableBuilder& builder,
    const DistillationNetworks& networks) {
  if (recipe.method == "imagine-flash") return Make<ImagineFlash>(recipe, builder, networks);
  if (recipe.method == "step") return Make<StepDistillation>(recipe, builder, networks);
  if (recipe.method == "lcm") return Make<LatentConsistency>(recipe, builder, networks);
  if (recipe.method == "add") return Make<AdversarialDistillation>(recipe, builder, networks);
  return absl::InvalidArgumentError(absl::StrCat("no distillation method '", recipe.method,
                                                 "': there are imagine-flash, step, lcm and add"));
}

}  // namespace strobe::model
