#include "server/models/model_registry.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/request_error.h"

namespace strobe::server {
namespace {

absl::Status NotFound(const std::vector<ModelHandle>& served) {
  const std::string names = absl::StrJoin(
      served, ", ",
      [](std::string* out, const ModelHandle& model) { out->append(model.description().name); });
  return RequestError(absl::StatusCode::kNotFound,
                      absl::StrCat("no model of this name is served; there are: ", names),
                      {.reason = Reason::kModelNotFound, .metadata = {{"models", names}}});
}

}  // namespace

ModelKey ModelRegistry::NewKey() {
  absl::MutexLock lock(&mu_);
  return {.model = ++last_number_};
}

std::vector<ModelSource> ModelRegistry::NewSources(absl::Span<const std::string> directories) {
  std::vector<ModelSource> sources;
  for (const std::string& directory : directories) sources.push_back({NewKey(), directory});
  return sources;
}

ModelHandle ModelRegistry::Add(ModelKey key, model::ModelDescription description) {
  assert(!Find(description.name).ok() || description.name.empty());
  ModelHandle model(key, std::move(description));
  absl::MutexLock lock(&mu_);
  served_.push_back(model);
  return model;
}

void ModelRegistry::Remove(ModelKey key) {
  absl::MutexLock lock(&mu_);
  std::erase_if(served_, [&](const ModelHandle& model) { return model.key() == key; });
}

absl::StatusOr<ModelHandle> ModelRegistry::Find(absl::string_view name) const {
  absl::MutexLock lock(&mu_);
  const auto found = std::find_if(served_.begin(), served_.end(), [&](const ModelHandle& model) {
    return name.empty() || model.description().name == name;
  });
  if (found == served_.end()) return NotFound(served_);
  return *found;
}

std::vector<ModelHandle> ModelRegistry::List() const {
  absl::MutexLock lock(&mu_);
  return served_;
}

}  // namespace strobe::server
