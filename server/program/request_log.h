// One log line for each request that has ended.

#ifndef STROBE_SERVER_PROGRAM_REQUEST_LOG_H_
#define STROBE_SERVER_PROGRAM_REQUEST_LOG_H_

#include "server/requests/request_ledger.h"

namespace strobe::server {

// An error when the failure was the server's, else for information. Never holds the prompt.
void LogRequest(const RequestRecord& record);

}  // namespace strobe::server

#endif  // STROBE_SERVER_PROGRAM_REQUEST_LOG_H_
