// A small HTTP port that serves one text.

#ifndef STROBE_SERVER_OBSERVABILITY_HTTP_TEXT_PORT_H_
#define STROBE_SERVER_OBSERVABILITY_HTTP_TEXT_PORT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace strobe::server {

// Answers GET and HEAD of one path with what `text` returns, 404 to other paths, 405 to other
// methods and 400 to what is no HTTP. Closes a connection after its answer. One thread serves all
// connections, from Start to destruction. What a peer can cost is bounded by the Options; a peer
// beyond `max_connections` waits in the kernel until another one leaves. Thread-safe.
//
// The thread has the default stack of the system: a stack that a library chooses may be too small
// for the thread-local storage of what else is linked (CUDA's libraries bring 200 KB of it).
class HttpTextPort {
 public:
  struct Options {
    std::string path;
    std::string content_type;
    absl::Duration request_timeout = absl::Seconds(1);  // from the accept to the whole header
    absl::Duration answer_timeout = absl::Seconds(5);   // until the peer has taken the answer
    int max_connections = 32;
    int max_header_bytes = 8192;
  };

  // Listens on `host`, a numeric address. Port 0 takes a free one. `text` is called on the port's
  // thread. INVALID_ARGUMENT for a host that is no address; UNAVAILABLE when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<HttpTextPort>> Start(absl::string_view host, uint16_t port,
                                                             Options options,
                                                             std::function<std::string()> text);

  // Closes the port and every connection.
  ~HttpTextPort();

  HttpTextPort(const HttpTextPort&) = delete;
  HttpTextPort& operator=(const HttpTextPort&) = delete;

  // The bound port.
  int port() const;

 private:
  class Listener;

  explicit HttpTextPort(std::unique_ptr<Listener> listener);

  const std::unique_ptr<Listener> listener_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_HTTP_TEXT_PORT_H_
