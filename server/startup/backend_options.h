// What can be set behind the gRPC service.

#ifndef STROBE_SERVER_STARTUP_BACKEND_OPTIONS_H_
#define STROBE_SERVER_STARTUP_BACKEND_OPTIONS_H_

#include "server/admission/admission_options.h"
#include "server/batching/batching_options.h"
#include "server/imaging/imaging_options.h"

namespace strobe::server {

struct BackendOptions {
  int lanes = 0;                // micro-batches side by side on each device; 0: as measured
  bool skip_self_test = false;  // no known pictures are drawn before serving
  BatchingOptions batching;
  AdmissionOptions admission;
  ImagingOptions imaging;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_BACKEND_OPTIONS_H_
