#include "model/pipeline/families/family_list.h"

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/pipeline/families/latent_consistency_family.h"
#include "model/pipeline/families/stable_diffusion_family.h"
#include "model/pipeline/families/stable_diffusion_xl_family.h"

namespace strobe::model {
namespace {

using Families = std::vector<std::unique_ptr<const ModelFamily>>;

Families AllFamilies() {
  Families families;
  families.push_back(std::make_unique<StableDiffusionFamily>());
  families.push_back(std::make_unique<StableDiffusionXlFamily>());
  families.push_back(std::make_unique<LatentConsistencyFamily>());
  return families;
}

}  // namespace

absl::StatusOr<const ModelFamily*> FindModelFamily(const std::string& pipeline_class) {
  static const Families& families = *new Families(AllFamilies());
  std::vector<absl::string_view> names;
  for (const auto& family : families) {
    if (family->pipeline_class() == pipeline_class) return family.get();
    names.push_back(family->pipeline_class());
  }
  const absl::string_view last = names.back();
  names.pop_back();
  return absl::InvalidArgumentError(absl::StrCat("the pipeline class '", pipeline_class,
                                                 "' is not supported: use ",
                                                 absl::StrJoin(names, ", "), " or ", last));
}

}  // namespace strobe::model
