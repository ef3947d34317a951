// Names and writes the files of generated images.

#ifndef STROBE_CLIENT_COMMANDS_IMAGE_FILES_H_
#define STROBE_CLIENT_COMMANDS_IMAGE_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::client {

// `prompt` as part of a file name: lower-case ASCII letters and digits, runs of anything else as
// one
// '-', at most 48 characters; "image" when nothing is left.
std::string Slug(absl::string_view prompt);

// "png", "jpg", "webp", "rgb" for our MIME types, "bin" for any other.
std::string ExtensionFor(absl::string_view mime_type);

// Writes `data` to <directory>/<stem>.<extension>, or <stem>-2, <stem>-3 and so on: an existing
// file is never touched. Makes the directory. Returns the path; UNAVAILABLE with the reason when it
// cannot be written, and then no half-written file stays.
absl::StatusOr<std::string> SaveNewFile(const std::string& directory, const std::string& stem,
                                        const std::string& extension, absl::string_view data);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_IMAGE_FILES_H_
