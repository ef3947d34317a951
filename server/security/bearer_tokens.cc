#include "server/security/bearer_tokens.h"

#include <algorithm>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "server/observability/logging.h"
#include "server/security/secret_file.h"

namespace strobe::server {
namespace {

constexpr size_t kMinTokenBytes = 16;
constexpr size_t kMaxSubjectBytes = 128;
constexpr absl::string_view kScheme = "bearer ";

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isgraph);
}

std::array<unsigned char, 32> DigestOf(absl::string_view token) {
  std::array<unsigned char, 32> digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

absl::Status BadLine(int number, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", what));
}

}  // namespace

absl::StatusOr<std::vector<TokenEntry>> ParseTokenFile(absl::string_view text) {
  std::vector<TokenEntry> entries;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.size() != 2) return BadLine(number, "is not 'subject token'");
    if (words[0].size() > kMaxSubjectBytes || !IsPrintable(line.substr(0, words[0].size()))) {
      return BadLine(number, "the subject is not up to 128 printable ASCII characters");
    }
    if (words[1].size() < kMinTokenBytes || !IsPrintable(words[1])) {
      return BadLine(number, "the token is not at least 16 printable ASCII characters");
    }
    TokenEntry entry{std::string(words[0]), DigestOf(words[1])};
    for (const TokenEntry& other : entries) {
      if (other.digest == entry.digest) return BadLine(number, "the token stands there twice");
    }
    entries.push_back(std::move(entry));
  }
  if (entries.empty()) return absl::InvalidArgumentError("holds no token");
  return entries;
}

absl::StatusOr<std::unique_ptr<BearerTokens>> BearerTokens::Load(const std::string& path,
                                                                 SecurityMetrics& metrics) {
  std::unique_ptr<BearerTokens> tokens(new BearerTokens(path, metrics));
  STROBE_RETURN_IF_ERROR(tokens->Read());
  return tokens;
}

absl::Status BearerTokens::Read() {
  STROBE_ASSIGN_OR_RETURN(const auto text, ReadSecretFile(path_));
  auto entries = ParseTokenFile(text);
  if (!entries.ok()) {
    return absl::Status(entries.status().code(),
                        absl::StrCat("token file ", path_, ": ", entries.status().message()));
  }
  absl::MutexLock lock(&mu_);
  entries_ = *std::move(entries);
  return absl::OkStatus();
}

void BearerTokens::Reload() {
  const absl::Status status = Read();
  absl::MutexLock lock(&mu_);
  const std::string failure(status.message());
  if (!status.ok() && failure != last_failure_) {
    metrics_.token_reload_failures.Increment();
    Log(LogLevel::kError, "token file changed and cannot be used; the last good one stays in use",
        {{"error", failure}});
  }
  last_failure_ = failure;
}

std::optional<std::string> BearerTokens::SubjectOf(absl::string_view authorization) const {
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return std::nullopt;
  const auto digest = DigestOf(absl::StripAsciiWhitespace(authorization.substr(kScheme.size())));
  absl::MutexLock lock(&mu_);
  const TokenEntry* found = nullptr;
  for (const TokenEntry& entry : entries_) {
    if (CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  return found->subject;
}

}  // namespace strobe::server
