#include "model/tools/generate_command.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "base/stopwatch.h"
#include "model/image_io/image_codec.h"
#include "model/pipeline/model_settings.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/tools/flag_values.h"
#include "model/tools/generation_trace.h"
#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

double LapMilliseconds(Stopwatch& watch) { return absl::ToDoubleMilliseconds(watch.Lap()); }

// The flags, parsed.
struct GeneratePlan {
  TextToImagePipeline::Options options;
  SamplingOverrides overrides;
  uint64_t seed = 0;
  std::optional<std::pair<int, int>> size;
  ImageFormat format = ImageFormat::kPng;
};

absl::Status ParseFlags(const GenerateFlags& flags, GeneratePlan& plan) {
  STROBE_ASSIGN_OR_RETURN(plan.options.device, ParseDeviceFlag(flags.device));
  if (!flags.dtype.empty()) {
    STROBE_ASSIGN_OR_RETURN(plan.options.dtype, ParseDtypeFlag(flags.dtype));
    plan.options.dtype_beats_manifest = true;
  }
  STROBE_ASSIGN_OR_RETURN(plan.format, ImageFormatOfPath(flags.output));
  if (!flags.seed.empty()) {
    STROBE_ASSIGN_OR_RETURN(plan.seed, ParseSeedFlag(flags.seed));
  }
  if (!flags.size.empty()) {
    STROBE_ASSIGN_OR_RETURN(plan.size, ParseSizeFlag(flags.size));
  }
  if (!flags.timesteps.empty()) {
    STROBE_ASSIGN_OR_RETURN(plan.overrides.timesteps, ParseTimestepsFlag(flags.timesteps));
  }
  if (!flags.noise_correction.empty()) {
    STROBE_ASSIGN_OR_RETURN(plan.overrides.noise_correction,
                            ParseOnOffFlag("--noise-correction", flags.noise_correction));
  }
  plan.overrides.eta = flags.eta;
  plan.overrides.embed_empty_negative_prompt = flags.negative_prompt.has_value();
  plan.overrides.beyond_offer = true;
  return absl::OkStatus();
}

GenerationSpec SpecOf(const GenerateFlags& flags, const GeneratePlan& plan,
                      const ModelDescription& model) {
  GenerationSpec spec;
  spec.prompt = flags.prompt;
  spec.negative_prompt = flags.negative_prompt.value_or("");
  spec.seed = plan.seed;
  spec.width = plan.size ? plan.size->first : model.default_width;
  spec.height = plan.size ? plan.size->second : model.default_height;
  spec.guidance_scale = flags.guidance_scale.value_or(model.default_guidance_scale);
  const int listed = static_cast<int>(plan.overrides.timesteps.size());
  spec.num_inference_steps =
      flags.steps.value_or(listed > 0 ? listed : model.default_num_inference_steps);
  return spec;
}

// Asked before the work, so that a wrong name costs no picture.
absl::Status CheckFolderOf(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("cannot write ", path, ": there is no folder ", folder.string()));
}

absl::Status Denoise(TextToImagePipeline& pipeline, PipelineSample& sample, Stopwatch& watch,
                     GenerationTrace& trace) {
  std::vector<std::string> times;
  PipelineSample* const batch[] = {&sample};
  while (sample.steps_done < static_cast<int>(sample.steps.rows.size())) {
    STROBE_RETURN_IF_ERROR(pipeline.DenoiseStep(batch));
    times.push_back(absl::StrFormat("%.1f", LapMilliseconds(watch)));
    trace.AddStep(sample);
  }
  std::cout << "denoise  " << absl::StrJoin(times, " + ") << " ms\n";
  return absl::OkStatus();
}

absl::Status WriteResults(const GenerateFlags& flags, const GeneratePlan& plan,
                          const at::Tensor& image, Stopwatch& watch, GenerationTrace& trace) {
  STROBE_ASSIGN_OR_RETURN(const RgbImage rgb, ToRgbImage(image));
  STROBE_ASSIGN_OR_RETURN(const std::string bytes, EncodeImage(rgb, plan.format, flags.quality));
  STROBE_RETURN_IF_ERROR(WriteFile(flags.output, bytes));
  std::cout << absl::StrFormat("write    %.1f ms, %d bytes: %s\n", LapMilliseconds(watch),
                               bytes.size(), flags.output);
  if (flags.trace.empty()) return absl::OkStatus();
  trace.AddImage(image, rgb);
  STROBE_RETURN_IF_ERROR(WriteSafetensors(flags.trace, trace.tensors()));
  std::cout << "trace    " << flags.trace << "\n";
  return absl::OkStatus();
}

absl::Status Generate(const GenerateFlags& flags, GeneratePlan& plan) {
  Stopwatch watch;
  for (const std::string& path : {flags.output, flags.trace}) {
    STROBE_RETURN_IF_ERROR(CheckFolderOf(path));
  }
  if (!flags.initial_latents.empty()) {
    STROBE_RETURN_IF_ERROR(ReadInitialLatents(flags.initial_latents, plan.overrides));
  }
  STROBE_ASSIGN_OR_RETURN(auto pipeline, TextToImagePipeline::Load(flags.model, plan.options));
  const ModelDescription& model = pipeline->description();
  std::cout << absl::StrFormat("load     %.1f ms: %s on %s, %s\n", LapMilliseconds(watch),
                               model.name, plan.options.device.str(), DtypeName(pipeline->dtype()));
  STROBE_ASSIGN_OR_RETURN(auto sample,
                          pipeline->CreateSample(SpecOf(flags, plan, model), plan.overrides));
  if (sample->tokens.truncated) {
    std::cerr << "strobe-model: the prompt is longer than " << model.max_prompt_tokens
              << " tokens and was cut\n";
  }
  PipelineSample* const batch[] = {sample.get()};
  STROBE_RETURN_IF_ERROR(pipeline->EncodePrompts(batch));
  std::cout << absl::StrFormat("encode   %.1f ms\n", LapMilliseconds(watch));
  GenerationTrace trace;
  trace.AddStart(*sample);
  STROBE_RETURN_IF_ERROR(Denoise(*pipeline, *sample, watch, trace));
  STROBE_ASSIGN_OR_RETURN(const auto images, pipeline->Decode(batch));
  std::cout << absl::StrFormat("decode   %.1f ms\n", LapMilliseconds(watch));
  return WriteResults(flags, plan, images.front(), watch, trace);
}

}  // namespace

CLI::App* AddGenerateCommand(CLI::App& app, GenerateFlags& flags) {
  CLI::App* command = app.add_subcommand("generate", "Generate one image from a prompt");
  command->add_option("--model", flags.model, "Model directory in diffusers layout")->required();
  command->add_option("--prompt", flags.prompt, "What to draw")->required();
  command->add_option("--output", flags.output, "Image file; .png, .jpg or .webp")->required();
  command->add_option("--negative-prompt", flags.negative_prompt,
                      "What not to draw; used with guidance only. SDXL tells an empty one from "
                      "none");
  command->add_option("--seed", flags.seed, "Seed of all noise, 0 to 2^64 - 1; default: 0");
  command->add_option("--steps", flags.steps, "Denoising steps; default: the model's");
  command->add_option("--size", flags.size, "WIDTHxHEIGHT in pixels; default: the model's");
  command->add_option("--guidance-scale", flags.guidance_scale,
                      "Classifier-free guidance, active above 1, or the guidance that the model "
                      "has distilled in; default: the model's");
  command->add_option("--timesteps", flags.timesteps,
                      "Explicit timesteps, descending, for example 999,499");
  command->add_option("--eta", flags.eta,
                      "DDIM, TCD: share of fresh noise, 0 to 1; default: the model's");
  command->add_option("--noise-correction", flags.noise_correction,
                      "on or off: true start noise in the first step; default: the model's");
  command->add_option("--initial-latents", flags.initial_latents,
                      "safetensors file with initial_noise and step_noise_<i> to use");
  command->add_option("--trace", flags.trace, "safetensors file to write everything on the way to");
  command->add_option("--device", flags.device, "cpu or cuda:<index>")->capture_default_str();
  command->add_option(
      "--dtype", flags.dtype,
      "float32, float16 or bfloat16; an AutoencoderKL with force_upcast stays float32. "
      "Default: the manifest's, else float32");
  command->add_option("--quality", flags.quality, "JPEG and WebP quality")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  return command;
}

CommandResult RunGenerate(const GenerateFlags& flags) {
  GeneratePlan plan;
  if (absl::Status status = ParseFlags(flags, plan); !status.ok()) {
    return CommandResult::Usage(std::move(status));
  }
  return CommandResult::Of(Generate(flags, plan));
}

}  // namespace strobe::model
