// Flags that say what to draw and how to show it, for the subcommands that draw.

#ifndef STROBE_CLIENT_COMMANDS_PICTURE_FLAGS_H_
#define STROBE_CLIENT_COMMANDS_PICTURE_FLAGS_H_

#include <CLI/App.hpp>

#include "client/commands/generate_options.h"

namespace strobe::client {

// --model, --seed, --steps, --size and the like. `options` must outlive `command`.
void AddPictureFlags(CLI::App& command, GenerateOptions& options);

// --preview.
void AddPreviewFlag(CLI::App& command, GenerateOptions& options);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_PICTURE_FLAGS_H_
