// The list of families.

#ifndef STROBE_MODEL_PIPELINE_FAMILIES_FAMILY_LIST_H_
#define STROBE_MODEL_PIPELINE_FAMILIES_FAMILY_LIST_H_

#include <string>

#include "absl/status/statusor.h"
#include "model/pipeline/families/model_family.h"

namespace strobe::model {

// The family of a pipeline class, which lives for ever. INVALID_ARGUMENT names the class when
// strobe has no such pipeline.
absl::StatusOr<const ModelFamily*> FindModelFamily(const std::string& pipeline_class);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FAMILIES_FAMILY_LIST_H_
