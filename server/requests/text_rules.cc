#include "server/requests/text_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace strobe::server {
namespace {

// NUL, the other C0 control characters but tab and newline, and DEL.
bool IsForbiddenControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7F;
}

}  // namespace

bool IsBlank(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == ' ' || c == '\t' || c == '\n'; });
}

void CheckText(const std::string& field, absl::string_view text, int max_bytes,
               std::vector<FieldViolation>& violations) {
  if (text.size() > static_cast<size_t>(max_bytes)) {
    violations.push_back(
        {field, absl::StrCat("must be at most ", max_bytes, " bytes, got ", text.size())});
  }
  if (std::any_of(text.begin(), text.end(), IsForbiddenControl)) {
    violations.push_back({field, "must hold no control characters but tab and newline"});
  }
}

}  // namespace strobe::server
