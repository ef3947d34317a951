#include "tests/model/pipeline/golden_file.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "model/weights/safetensors_file.h"

namespace strobe::model {
namespace {

constexpr char kStudent[] = "tiny-shapes";
constexpr int64_t kMaxGraphSamples = 8;

[[noreturn]] void Die(const std::string& message) {
  std::cerr << message << "\n";
  std::abort();
}

std::string GoldenFolder(const std::string& name) {
  const std::string directory = GoldenModelDirectory(name);
  return name == kStudent ? directory + "/golden" : directory;
}

// The tensors whose names start with `prefix`, without it.
StateDict WithPrefix(const StateDict& tensors, const std::string& prefix) {
  StateDict found;
  for (const auto& [name, tensor] : tensors) {
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, prefix)) found[std::string(rest)] = tensor;
  }
  return found;
}

GenerationSpec SpecOf(const nlohmann::json& json) {
  GenerationSpec spec;
  spec.prompt = json.at("prompt");
  spec.negative_prompt = json.value("negative_prompt", "");
  spec.width = json.value("width", 64);
  spec.height = json.value("height", 64);
  spec.num_inference_steps = json.value("steps", 1);
  spec.guidance_scale = json.value("guidance_scale", 1.0);
  spec.seed = json.at("seed");
  return spec;
}

SamplingOverrides OverridesOf(const nlohmann::json& json) {
  SamplingOverrides overrides;
  overrides.timesteps = json.value("timesteps", std::vector<double>());
  if (json.contains("eta")) overrides.eta = json.at("eta").get<double>();
  overrides.embed_empty_negative_prompt = json.contains("negative_prompt");
  return overrides;
}

Float64Distance DistanceOf(const nlohmann::json& json) {
  Float64Distance distance;
  distance.prompt_embeds = json.at("prompt_embeds");
  distance.latents = json.at("latents").get<std::vector<double>>();
  distance.pixels = json.at("pixels");
  return distance;
}

// The student's file keeps what does not depend on the steps once, and latents in one tensor.
StateDict StudentTensors(const StateDict& all, const std::string& prefix, int steps) {
  StateDict tensors = WithPrefix(all, absl::StrCat(prefix, "steps", steps, "."));
  for (int i = 0; i < steps; ++i) {
    tensors[absl::StrCat("latents_", i)] = tensors.at("latents").narrow(0, i, 1);
  }
  for (const char* name : {"input_ids", "prompt_embeds", "initial_noise"}) {
    tensors[name] = all.at(prefix + name);
  }
  return tensors;
}

}  // namespace

at::Device TestDevice() {
  const char* const name = std::getenv("STROBE_TEST_DEVICE");
  return name == nullptr ? at::Device(at::kCPU) : at::Device(name);
}

std::string GoldenModelDirectory(const std::string& name) {
  const std::string root = STROBE_SOURCE_DIR;
  return root + (name == kStudent ? "/model/students/" : "/tests/goldens/") + name;
}

std::vector<GoldenCase> ReadGoldenCases(const std::string& name) {
  std::ifstream file(GoldenFolder(name) + "/cases.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  const auto contents = ReadSafetensors(GoldenFolder(name) + "/golden.safetensors");
  if (!contents.ok()) Die(std::string(contents.status().message()));
  std::vector<GoldenCase> cases;
  for (const nlohmann::json& entry : json.at("cases")) {
    const std::string prefix = absl::StrCat("case", entry.at("case").get<int>(), ".");
    GoldenCase golden;
    golden.label = absl::StrCat(name, " ", prefix);
    golden.spec = SpecOf(entry);
    golden.overrides = OverridesOf(entry);
    const nlohmann::json& float64 = entry.at("float64_distance");
    if (name != kStudent) {
      golden.float64 = DistanceOf(float64);
      golden.tensors = WithPrefix(contents->tensors, prefix);
      cases.push_back(golden);
      continue;
    }
    for (const int steps : {1, 2, 3}) {
      golden.label = absl::StrCat(name, " ", prefix, "steps", steps);
      golden.spec.num_inference_steps = steps;
      golden.float64 = DistanceOf(float64.at(std::to_string(steps)));
      golden.tensors = StudentTensors(contents->tensors, prefix, steps);
      cases.push_back(golden);
    }
  }
  return cases;
}

TextToImagePipeline::Options InFloat64() {
  TextToImagePipeline::Options options;
  options.dtype = at::kDouble;
  options.dtype_beats_manifest = true;
  return options;
}

std::unique_ptr<TextToImagePipeline> LoadGoldenModel(const std::string& name,
                                                     const TextToImagePipeline::Options& options) {
  at::set_num_threads(1);  // the models are tiny, and other tests run beside this one
  TextToImagePipeline::Options on_device = options;
  on_device.device = TestDevice();
  on_device.max_graph_samples = kMaxGraphSamples;
  auto pipeline = TextToImagePipeline::Load(GoldenModelDirectory(name), on_device);
  if (!pipeline.ok()) Die(std::string(pipeline.status().message()));
  return *std::move(pipeline);
}

std::unique_ptr<PipelineSample> StartGoldenCase(TextToImagePipeline& pipeline,
                                                const GoldenCase& golden) {
  SamplingOverrides overrides = golden.overrides;
  overrides.initial_noise = golden.tensors.at("initial_noise");
  for (int i = 0; i < golden.spec.num_inference_steps; ++i) {
    const auto noise = golden.tensors.find(absl::StrCat("step_noise_", i));
    overrides.step_noise.push_back(noise == golden.tensors.end() ? at::Tensor() : noise->second);
  }
  auto sample = pipeline.CreateSample(golden.spec, overrides);
  if (!sample.ok()) Die(absl::StrCat(golden.label, ": ", sample.status().message()));
  return *std::move(sample);
}

double RelativeRms(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor left = a.flatten().to(at::kCPU, at::kDouble);
  const at::Tensor right = b.flatten().to(at::kCPU, at::kDouble);
  return ((left - right).norm() / right.norm()).item<double>();
}

}  // namespace strobe::model
