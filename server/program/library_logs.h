// What the libraries below us say, on our log.

#ifndef STROBE_SERVER_PROGRAM_LIBRARY_LOGS_H_
#define STROBE_SERVER_PROGRAM_LIBRARY_LOGS_H_

namespace strobe::server {

// From here on gRPC and libprotobuf write no bare lines to stderr:
//  1. gRPC's messages become log events "grpc", its errors as warnings: often no more than one bad
//     peer.
//  2. libprotobuf's become events "protobuf" that name only the place in its source, since the
//     texts can quote a request; at level debug, because each bad request causes one, and the
//     caller is told anyway.
// To be called before either is used, from one thread.
void CaptureLibraryLogs();

}  // namespace strobe::server

#endif  // STROBE_SERVER_PROGRAM_LIBRARY_LOGS_H_
