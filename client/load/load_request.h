// The API request that a drawn request of a workload stands for.

#ifndef STROBE_CLIENT_LOAD_LOAD_REQUEST_H_
#define STROBE_CLIENT_LOAD_LOAD_REQUEST_H_

#include "strobe/v1/image_generation.pb.h"
#include "workload/workload.h"

namespace strobe::client {

v1::GenerateImagesRequest MakeLoadRequest(const workload::Workload& workload,
                                          const workload::RequestDraw& draw);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_LOAD_REQUEST_H_
