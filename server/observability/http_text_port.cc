#include "server/observability/http_text_port.h"

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::server {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

// How long the port waits before it accepts again when the process has no descriptor left.
constexpr std::chrono::milliseconds kAcceptPause(100);

bool IsOfHttp(const error_code& error) {
  return error.category() == http::make_error_code(http::error::end_of_stream).category();
}

using Answer = http::response<http::string_body>;

// Answers one request and closes. Keeps itself alive while an operation is pending.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `slot` lives as long as the connection.
  Connection(tcp::socket socket, const HttpTextPort::Options& options,
             const std::function<std::string()>& text, std::shared_ptr<void> slot)
      : slot_(std::move(slot)), options_(options), text_(text), stream_(std::move(socket)) {
    parser_.header_limit(static_cast<uint32_t>(options.max_header_bytes));
  }

  void Start() {
    stream_.expires_after(absl::ToChronoNanoseconds(options_.request_timeout));
    http::async_read_header(
        stream_, buffer_, parser_,
        [self = shared_from_this()](const error_code& error, size_t) { self->OnHeader(error); });
  }

 private:
  void OnHeader(const error_code& error) {
    const bool malformed = error && IsOfHttp(error) && error != http::error::end_of_stream;
    if (error && !malformed) return;  // gone, or too slow
    answer_ = malformed ? Plain(http::status::bad_request) : AnswerTo(parser_.get());
    answer_.keep_alive(false);
    answer_.prepare_payload();
    if (!malformed && parser_.get().method() == http::verb::head) answer_.body().clear();
    stream_.expires_after(absl::ToChronoNanoseconds(options_.answer_timeout));
    http::async_write(stream_, answer_, [self = shared_from_this()](error_code, size_t) {
      error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    });
  }

  Answer AnswerTo(const http::request<http::empty_body>& request) const {
    if (request.target().substr(0, request.target().find('?')) != options_.path) {
      return Plain(http::status::not_found);
    }
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      Answer refusal = Plain(http::status::method_not_allowed);
      refusal.set(http::field::allow, "GET, HEAD");
      return refusal;
    }
    Answer answer(http::status::ok, kHttpVersion, text_());
    answer.set(http::field::content_type, options_.content_type);
    return answer;
  }

  static Answer Plain(http::status status) {
    Answer answer(status, kHttpVersion, std::string(http::obsolete_reason(status)) + "\n");
    answer.set(http::field::content_type, "text/plain; charset=utf-8");
    return answer;
  }

  static constexpr unsigned kHttpVersion = 11;

  const std::shared_ptr<void> slot_;
  const HttpTextPort::Options& options_;
  const std::function<std::string()>& text_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  Answer answer_;
};

absl::Status CannotBind(const tcp::endpoint& endpoint, const error_code& error) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", endpoint.address().to_string(),
                                             ":", endpoint.port(), ": ", error.message()));
}

}  // namespace

// Accepts, on a thread of its own. All but construction and destruction happens on that thread.
class HttpTextPort::Listener {
 public:
  Listener(Options options, std::function<std::string()> text)
      : options_(std::move(options)), text_(std::move(text)) {}

  ~Listener() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    stopped_ = true;  // the context, when it goes, closes what is still connected
  }

  absl::Status Open(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.address().is_v6()) {
      acceptor_.set_option(boost::asio::ip::v6_only(true), error);
    }
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (error) return CannotBind(endpoint, error);
    port_ = acceptor_.local_endpoint(error).port();
    if (error) return CannotBind(endpoint, error);
    Accept();
    thread_ = std::thread([this] { context_.run(); });
    return absl::OkStatus();
  }

  int port() const { return port_; }

 private:
  void Accept() {
    accepting_ = true;
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      accepting_ = false;
      if (error) return AcceptLater();
      ++connections_;
      std::shared_ptr<void> slot(nullptr, [this](void*) { OnClosed(); });
      std::make_shared<Connection>(std::move(socket), options_, text_, std::move(slot))->Start();
      if (connections_ < options_.max_connections) Accept();
    });
  }

  void AcceptLater() {
    accepting_ = true;
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](const error_code& error) {
      if (!error) Accept();
    });
  }

  void OnClosed() {
    --connections_;
    if (!accepting_ && !stopped_) Accept();
  }

  const Options options_;
  const std::function<std::string()> text_;
  int port_ = 0;
  int connections_ = 0;
  bool accepting_ = false;
  bool stopped_ = false;
  boost::asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  boost::asio::steady_timer pause_{context_};
  std::thread thread_;  // last: uses everything above
};

absl::StatusOr<std::unique_ptr<HttpTextPort>> HttpTextPort::Start(
    absl::string_view host, uint16_t port, Options options, std::function<std::string()> text) {
  error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  if (error) return absl::InvalidArgumentError(absl::StrCat("'", host, "' is no IP address"));
  auto listener = std::make_unique<Listener>(std::move(options), std::move(text));
  STROBE_RETURN_IF_ERROR(listener->Open(tcp::endpoint(address, port)));
  return std::unique_ptr<HttpTextPort>(new HttpTextPort(std::move(listener)));
}

HttpTextPort::HttpTextPort(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}

HttpTextPort::~HttpTextPort() = default;

int HttpTextPort::port() const { return listener_->port(); }

}  // namespace strobe::server
