// What `strobe-client generate` was asked to do.

#ifndef STROBE_CLIENT_COMMANDS_GENERATE_OPTIONS_H_
#define STROBE_CLIENT_COMMANDS_GENERATE_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/channel.h"
#include "strobe/v1/image_generation.pb.h"

namespace strobe::client {

enum class PreviewChoice { kAuto, kNever, kBlocks, kKitty, kSixel };

// One request a prompt, in order. Zeros and empty texts mean the model's default.
struct GenerateOptions {
  ConnectionOptions connection;
  std::vector<std::string> prompts;
  std::string model;
  std::string negative_prompt;
  std::optional<uint64_t> seed;  // none: the server draws one
  std::optional<float> guidance_scale;
  int steps = 0;
  int num_images = 0;
  int width = 0;   // pixels
  int height = 0;  // pixels
  int partial_images = 0;
  int quality = 0;             // 1..100, JPEG and WebP
  std::string format = "png";  // png, jpeg, webp, raw
  bool best_effort = false;
  std::string priority = "interactive";        // interactive, batch
  absl::Duration deadline = absl::Minutes(2);  // a request; zero: none
  std::string request_id;                      // empty: the server makes one
  std::string output = ".";                    // directory, made when missing
  PreviewChoice preview = PreviewChoice::kAuto;
  bool json = false;
  bool quiet = false;
};

// "128x96" or "128" for a square, both sides from 1; INVALID_ARGUMENT else.
absl::StatusOr<std::pair<int, int>> ParseSize(absl::string_view text);

// 1 to 128 visible ASCII characters: what a server takes for the name of a request.
bool IsRequestId(absl::string_view text);

// The request for `prompt`. Ranges are the server's to judge: they depend on the model.
v1::GenerateImagesRequest MakeRequest(const GenerateOptions& options, const std::string& prompt);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_GENERATE_OPTIONS_H_
