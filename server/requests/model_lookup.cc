#include "server/requests/model_lookup.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/request_error.h"

namespace strobe::server {

absl::StatusOr<int> FindModel(const std::string& name,
                              absl::Span<const model::ModelDescription> models) {
  if (name.empty()) return 0;
  for (size_t i = 0; i < models.size(); ++i) {
    if (models[i].name == name) return static_cast<int>(i);
  }
  const std::string names = absl::StrJoin(
      models, ", ",
      [](std::string* out, const model::ModelDescription& m) { out->append(m.name); });
  return RequestError(absl::StatusCode::kNotFound,
                      absl::StrCat("no model of this name is served; there are: ", names),
                      {.reason = Reason::kModelNotFound, .metadata = {{"models", names}}});
}

}  // namespace strobe::server
