// What requests are handed to, once the models are there.

#ifndef STROBE_SERVER_REQUESTS_REQUEST_BACKEND_H_
#define STROBE_SERVER_REQUESTS_REQUEST_BACKEND_H_

#include <vector>

#include "model/spec/model_description.h"
#include "server/admission/admission_controller.h"
#include "server/batching/request_batcher.h"

namespace strobe::server {

// References only; what they refer to must outlive every request.
struct RequestBackend {
  const std::vector<model::ModelDescription>& models;  // StageEngine::models(), never empty
  AdmissionController& admission;
  RequestBatcher& batcher;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_REQUEST_BACKEND_H_
