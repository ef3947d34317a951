// The models that are served, by the names that callers give them.

#ifndef STROBE_SERVER_MODELS_MODEL_REGISTRY_H_
#define STROBE_SERVER_MODELS_MODEL_REGISTRY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "model/spec/model_description.h"
#include "server/models/model_handle.h"
#include "server/models/model_key.h"

namespace strobe::server {

// Gives keys, and knows which models can be asked for. The first one that was added is the default.
// It loads nothing: engines do, under the keys that it has given. Thread-safe.
class ModelRegistry {
 public:
  ModelRegistry() = default;
  ModelRegistry(const ModelRegistry&) = delete;
  ModelRegistry& operator=(const ModelRegistry&) = delete;

  // A key that was never given before.
  ModelKey NewKey() ABSL_LOCKS_EXCLUDED(mu_);
  // One for each directory.
  std::vector<ModelSource> NewSources(absl::Span<const std::string> directories)
      ABSL_LOCKS_EXCLUDED(mu_);

  // From now on `description.name` is found. No model of that name may be served already.
  ModelHandle Add(ModelKey key, model::ModelDescription description) ABSL_LOCKS_EXCLUDED(mu_);

  // From now on the model is not found. Handles that are out keep their description.
  void Remove(ModelKey key) ABSL_LOCKS_EXCLUDED(mu_);

  // The model `name`, the default one for an empty name. NOT_FOUND (MODEL_NOT_FOUND) says which
  // there are, and does not repeat the name.
  absl::StatusOr<ModelHandle> Find(absl::string_view name) const ABSL_LOCKS_EXCLUDED(mu_);

  // In the order in which they were added.
  std::vector<ModelHandle> List() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable absl::Mutex mu_;
  uint32_t last_number_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<ModelHandle> served_ ABSL_GUARDED_BY(mu_);
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_MODELS_MODEL_REGISTRY_H_
