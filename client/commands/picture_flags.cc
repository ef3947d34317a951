#include "client/commands/picture_flags.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/numbers.h"
#include "client/commands/common_flags.h"

namespace strobe::client {

void AddPictureFlags(CLI::App& command, GenerateOptions& options) {
  command.add_option("--model", options.model, "Model to use; see `strobe-client models`");
  command.add_option("--negative-prompt", options.negative_prompt,
                     "What should not be in the picture (models with guidance)");
  command
      .add_option_function<std::string>(
          "--seed",
          [&options](const std::string& text) {
            uint64_t seed = 0;
            if (!absl::SimpleAtoi(text, &seed)) {
              throw CLI::ValidationError("--seed",
                                         "'" + text + "' is no number from 0 to 2^64 - 1");
            }
            options.seed = seed;
          },
          "Seed of the first image, image i has seed + i; default: drawn by the server")
      ->type_name("UINT");
  command.add_option("--steps", options.steps, "Denoising steps; default: the model's");
  command
      .add_option_function<std::string>(
          "--size",
          [&options](const std::string& text) {
            const auto size = ParseSize(text);
            if (!size.ok()) {
              throw CLI::ValidationError("--size", std::string(size.status().message()));
            }
            std::tie(options.width, options.height) = *size;
          },
          "Pixels, 128x96 or 128 for a square; default: the model's")
      ->type_name("WxH");
  command.add_option("--num-images", options.num_images, "Images for each prompt; default: 1");
  command.add_option("--guidance-scale", options.guidance_scale,
                     "Classifier-free guidance; default: the model's");
}

void AddPreviewFlag(CLI::App& command, GenerateOptions& options) {
  static const std::map<std::string, PreviewChoice> kPreviews = {{"auto", PreviewChoice::kAuto},
                                                                 {"never", PreviewChoice::kNever},
                                                                 {"blocks", PreviewChoice::kBlocks},
                                                                 {"kitty", PreviewChoice::kKitty},
                                                                 {"sixel", PreviewChoice::kSixel}};
  command
      .add_option_function<std::string>(
          "--preview",
          [&options](const std::string& text) { options.preview = kPreviews.at(text); },
          "Show the images in the terminal; auto: when standard output is one, the best it can do")
      ->check(CLI::IsMember({"auto", "never", "blocks", "kitty", "sixel"}))
      ->default_str("auto");
}

}  // namespace strobe::client
