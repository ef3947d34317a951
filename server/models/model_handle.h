// A model as the rest of the server holds it.

#ifndef STROBE_SERVER_MODELS_MODEL_HANDLE_H_
#define STROBE_SERVER_MODELS_MODEL_HANDLE_H_

#include <cassert>
#include <memory>
#include <utility>

#include "model/spec/model_description.h"
#include "server/models/model_key.h"

namespace strobe::server {

// Copies are handles of the same model. A request holds one until it is released, and may use what
// it says as long, though the model is no longer served by then. Thread-safe, as it never changes.
class ModelHandle {
 public:
  // Of no model: its key is ModelKey().
  ModelHandle() = default;
  ModelHandle(ModelKey key, model::ModelDescription description)
      : key_(key),
        description_(std::make_shared<const model::ModelDescription>(std::move(description))) {}

  ModelKey key() const { return key_; }
  // Of a model.
  const model::ModelDescription& description() const {
    assert(description_ != nullptr);
    return *description_;
  }

 private:
  ModelKey key_;
  std::shared_ptr<const model::ModelDescription> description_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_MODELS_MODEL_HANDLE_H_
