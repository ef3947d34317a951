// What can be set about admission.

#ifndef STROBE_SERVER_ADMISSION_ADMISSION_OPTIONS_H_
#define STROBE_SERVER_ADMISSION_ADMISSION_OPTIONS_H_

#include "absl/time/time.h"

namespace strobe::server {

struct AdmissionOptions {
  int queue_capacity = 256;  // samples admitted and unfinished; at least 1
  // By how much the load may delay a request, as predicted; beyond it the request is refused even
  // if places are free.
  absl::Duration max_queue_wait = absl::Seconds(60);
  absl::Duration max_request_duration = absl::Seconds(120);  // for calls with a later deadline
  int caller_inflight_limit = 0;  // requests in flight of one caller; 0: no limit
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_ADMISSION_ADMISSION_OPTIONS_H_
