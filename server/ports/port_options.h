// What can be set about the gRPC ports.

#ifndef STROBE_SERVER_PORTS_PORT_OPTIONS_H_
#define STROBE_SERVER_PORTS_PORT_OPTIONS_H_

#include <string>

#include "server/security/security_options.h"

namespace strobe::server {

// Addresses are host:port; port 0 takes any free one.
struct PortOptions {
  std::string address = "127.0.0.1:50051";  // of the service
  std::string health_address;               // plaintext health alone; empty: none
  std::string admin_address;     // plaintext service, reflection, channelz; loopback; empty: none
  ConnectionLimits connections;  // of the service's port
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_PORTS_PORT_OPTIONS_H_
