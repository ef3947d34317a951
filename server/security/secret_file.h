// Files that hold keys or tokens.

#ifndef STROBE_SERVER_SECURITY_SECRET_FILE_H_
#define STROBE_SERVER_SECURITY_SECRET_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace strobe::server {

// The content of `path`, at most 1 MiB. Errors name the path and what the system says, never a byte
// of the content. Symbolic links are followed: Kubernetes swaps secrets by one.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

}  // namespace strobe::server

#endif  // STROBE_SERVER_SECURITY_SECRET_FILE_H_
