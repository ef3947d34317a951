// What a prompt may be, as text.

#ifndef STROBE_SERVER_REQUESTS_TEXT_RULES_H_
#define STROBE_SERVER_REQUESTS_TEXT_RULES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/base/request_error.h"

namespace strobe::server {

// Nothing but spaces, tabs and newlines.
bool IsBlank(absl::string_view text);

// Adds to `violations`, under `field`, what is wrong with the size and the characters of `text`:
// more than `max_bytes`, NUL and the other control characters but tab and newline. Never holds a
// part of the text.
void CheckText(const std::string& field, absl::string_view text, int max_bytes,
               std::vector<FieldViolation>& violations);

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_TEXT_RULES_H_
