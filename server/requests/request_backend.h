// What requests are handed to, once the models are there.

#ifndef STROBE_SERVER_REQUESTS_REQUEST_BACKEND_H_
#define STROBE_SERVER_REQUESTS_REQUEST_BACKEND_H_

#include "server/admission/admission_controller.h"
#include "server/batching/request_batcher.h"
#include "server/models/model_registry.h"

namespace strobe::server {

// References only; what they refer to must outlive every request.
struct RequestBackend {
  const ModelRegistry& models;  // serves at least one
  AdmissionController& admission;
  RequestBatcher& batcher;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_REQUEST_BACKEND_H_
