#include "model/tools/self_test_command.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/self_test/picture_difference.h"
#include "model/self_test/stored_pictures.h"
#include "model/tools/flag_values.h"

namespace strobe::model {
namespace {

absl::StatusOr<RgbImage> Draw(TextToImagePipeline& pipeline, const GenerationSpec& spec) {
  STROBE_ASSIGN_OR_RETURN(auto sample, pipeline.CreateSample(spec, {}));
  PipelineSample* const batch[] = {sample.get()};
  STROBE_RETURN_IF_ERROR(pipeline.EncodePrompts(batch));
  for (int step = 0; step < spec.num_inference_steps; ++step) {
    STROBE_RETURN_IF_ERROR(pipeline.DenoiseStep(batch));
  }
  STROBE_ASSIGN_OR_RETURN(const auto images, pipeline.Decode(batch));
  return ToRgbImage(images.front());
}

std::string Name(const GenerationSpec& spec) {
  return absl::StrCat("seed ", spec.seed, ", ", spec.num_inference_steps, " steps, ", spec.width,
                      "x", spec.height, ": ", spec.prompt);
}

absl::Status Write(const SelfTestFlags& flags, TextToImagePipeline& pipeline) {
  const ModelDescription& model = pipeline.description();
  std::vector<int> steps = model.num_inference_steps;
  std::rotate(steps.begin(),
              std::find(steps.begin(), steps.end(), model.default_num_inference_steps),
              steps.end());
  StoredPictures stored;
  stored.tolerance.largest = flags.max_difference;
  stored.tolerance.share = flags.max_share;
  for (const std::string& prompt : flags.write) {
    const std::size_t index = stored.pictures.size();
    GenerationSpec spec;
    spec.prompt = prompt;
    spec.width = model.default_width;
    spec.height = model.default_height;
    spec.num_inference_steps = steps[index % steps.size()];
    spec.guidance_scale = model.default_guidance_scale;
    spec.seed = index + 1;
    STROBE_ASSIGN_OR_RETURN(RgbImage image, Draw(pipeline, spec));
    std::cout << Name(spec) << "\n";
    stored.pictures.push_back({spec, std::move(image)});
  }
  return WriteStoredPictures(flags.model, stored);
}

absl::Status Check(const SelfTestFlags& flags, TextToImagePipeline& pipeline) {
  STROBE_ASSIGN_OR_RETURN(const StoredPictures stored, ReadStoredPictures(flags.model));
  if (stored.pictures.empty()) {
    return absl::NotFoundError(absl::StrCat(flags.model, " has no self_test folder"));
  }
  int wrong = 0;
  for (const StoredPicture& picture : stored.pictures) {
    STROBE_ASSIGN_OR_RETURN(const RgbImage image, Draw(pipeline, picture.spec));
    const PictureDifference difference = Compare(image, picture.image);
    const bool same = IsWithin(difference, stored.tolerance);
    wrong += !same;
    std::cout << (same ? "same   " : "DIFFERS") << " (" << Describe(difference)
              << "): " << Name(picture.spec) << "\n";
  }
  if (wrong == 0) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(wrong, " of ", stored.pictures.size(), " pictures are not the stored ones"));
}

}  // namespace

CLI::App* AddSelfTestCommand(CLI::App& app, SelfTestFlags& flags) {
  CLI::App* command = app.add_subcommand(
      "self-test", "Check that a model draws the pictures stored beside it, or store them");
  command->add_option("--model", flags.model, "Model directory in diffusers layout")->required();
  command
      ->add_option("--write", flags.write,
                   "Store a picture of this prompt, with those of the others of this command, in "
                   "place of what is there; repeat it. A server draws them before it serves")
      ->allow_extra_args(false)
      ->type_name("PROMPT");
  command->add_option("--max-difference", flags.max_difference, "Tolerance to store, of any value")
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
  command
      ->add_option("--max-share", flags.max_share,
                   "Tolerance to store: the share of the values that may differ at all")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--device", flags.device, "cpu or cuda:<index>")->capture_default_str();
  return command;
}

CommandResult RunSelfTest(const SelfTestFlags& flags) {
  const auto device = ParseDeviceFlag(flags.device);
  if (!device.ok()) return CommandResult::Usage(device.status());
  if (flags.write.size() > kMaxStoredPictures) {
    return CommandResult::Usage(absl::InvalidArgumentError(
        absl::StrCat("--write: at most ", kMaxStoredPictures, " pictures can be stored")));
  }
  TextToImagePipeline::Options options;
  options.device = *device;
  options.dtype_beats_manifest = true;  // float32, by which the others are measured
  const auto pipeline = TextToImagePipeline::Load(flags.model, options);
  if (!pipeline.ok()) return CommandResult::Of(pipeline.status());
  return CommandResult::Of(flags.write.empty() ? Check(flags, **pipeline)
                                               : Write(flags, **pipeline));
}

}  // namespace strobe::model
