// Tokens that callers show, from a file that may change while the server runs.

#ifndef STROBE_SERVER_SECURITY_BEARER_TOKENS_H_
#define STROBE_SERVER_SECURITY_BEARER_TOKENS_H_

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/security/security_metrics.h"

namespace strobe::server {

// Who a token stands for. The token itself is not kept.
struct TokenEntry {
  std::string subject;
  std::array<unsigned char, 32> digest;  // SHA-256 of the token
};

// Parses a token file: lines "subject token"; empty lines and those that start with # are skipped.
// A subject may have several tokens, so that one can be replaced. INVALID_ARGUMENT, naming the
// line, for anything else, for tokens under 16 or with other than printable ASCII characters, for a
// token that stands twice, and for a file without any.
absl::StatusOr<std::vector<TokenEntry>> ParseTokenFile(absl::string_view text);

// Knows the subject of a token. A changed file is used when it is good, else counted
// (strobe_token_reload_failures_total), logged once and left alone. Thread-safe.
class BearerTokens {
 public:
  // `metrics` must outlive the tokens.
  static absl::StatusOr<std::unique_ptr<BearerTokens>> Load(const std::string& path,
                                                            SecurityMetrics& metrics);

  BearerTokens(const BearerTokens&) = delete;
  BearerTokens& operator=(const BearerTokens&) = delete;

  // Looks at the file again.
  void Reload() ABSL_LOCKS_EXCLUDED(mu_);

  // The subject of "Bearer <token>", nullopt for any other header. Takes the same time whichever of
  // the tokens it is, and however much of one is right.
  std::optional<std::string> SubjectOf(absl::string_view authorization) const
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  BearerTokens(const std::string& path, SecurityMetrics& metrics)
      : path_(path), metrics_(metrics) {}

  // Reads the file and takes it into use when it is good.
  absl::Status Read() ABSL_LOCKS_EXCLUDED(mu_);

  const std::string path_;
  SecurityMetrics& metrics_;
  mutable absl::Mutex mu_;
  std::vector<TokenEntry> entries_ ABSL_GUARDED_BY(mu_);
  std::string last_failure_ ABSL_GUARDED_BY(mu_);  // what was counted and logged; empty: none
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SECURITY_BEARER_TOKENS_H_
