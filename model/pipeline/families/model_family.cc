#include "model/pipeline/families/model_family.h"

#include <algorithm>
#include <cassert>

namespace strobe::model {

const ComponentSpec& ModelFamily::component(ComponentRole role) const {
  const auto found = std::find_if(components().begin(), components().end(),
                                  [role](const ComponentSpec& spec) { return spec.role == role; });
  assert(found != components().end());
  return *found;
}

}  // namespace strobe::model
