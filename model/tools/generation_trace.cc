#include "model/tools/generation_trace.h"

#include <cstring>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "model/weights/safetensors_file.h"

namespace strobe::model {
namespace {

constexpr char kStepNoisePrefix[] = "step_noise_";
constexpr int kMaxStepNoise = 1000;

at::Tensor OneRow(const at::Tensor& tensor) { return tensor.to(at::kCPU).unsqueeze(0); }

}  // namespace

void GenerationTrace::AddStart(const PipelineSample& sample) {
  const std::vector<TextTokens>& texts = sample.tokens.texts;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string name = i == 0 ? "input_ids" : absl::StrCat("input_ids_", i + 1);
    tensors_[name] = OneRow(texts[i].ids);
  }
  AddPrompt("", sample.prompt);
  AddPrompt("negative_", sample.negative);
  tensors_["initial_noise"] = OneRow(sample.initial_noise);
  std::vector<float> timesteps;
  for (const StepRow& row : sample.steps.rows)
    timesteps.push_back(static_cast<float>(row.timestep));
  tensors_["timesteps"] = at::tensor(at::ArrayRef<float>(timesteps));
}

void GenerationTrace::AddPrompt(const std::string& prefix, const PromptEmbeds& prompt) {
  if (prompt.context.defined()) tensors_[prefix + "prompt_embeds"] = OneRow(prompt.context);
  if (!prompt.pooled.defined()) return;
  const char* name = prefix.empty() ? "pooled_prompt_embeds" : "negative_pooled_prompt_embeds";
  tensors_[name] = OneRow(prompt.pooled);
}

void GenerationTrace::AddStep(const PipelineSample& sample) {
  const int step = sample.steps_done - 1;
  tensors_[absl::StrCat("latents_", step)] = OneRow(sample.latents);
  if (sample.step_noise.defined()) {
    tensors_[absl::StrCat(kStepNoisePrefix, step)] = OneRow(sample.step_noise);
  }
}

void GenerationTrace::AddImage(const at::Tensor& image, const RgbImage& rounded) {
  tensors_["image"] = image.to(at::kCPU);
  at::Tensor bytes = at::empty({rounded.height, rounded.width, 3}, at::kByte);
  std::memcpy(bytes.data_ptr<uint8_t>(), rounded.pixels.data(), rounded.pixels.size());
  tensors_["image_uint8"] = bytes;
}

absl::Status ReadInitialLatents(const std::string& path, SamplingOverrides& overrides) {
  STROBE_ASSIGN_OR_RETURN(const SafetensorsContents file, ReadSafetensors(path));
  for (const auto& [name, tensor] : file.tensors) {
    absl::string_view rest = name;
    int step = 0;
    if (name == "initial_noise") {
      overrides.initial_noise = tensor;
    } else if (absl::ConsumePrefix(&rest, kStepNoisePrefix)) {
      if (!absl::SimpleAtoi(rest, &step) || step < 0 || step >= kMaxStepNoise) {
        return absl::InvalidArgumentError(absl::StrCat(path, ": '", name, "' names no step"));
      }
      if (overrides.step_noise.size() <= static_cast<size_t>(step)) {
        overrides.step_noise.resize(step + 1);
      }
      overrides.step_noise[step] = tensor;
    }
  }
  if (overrides.initial_noise.defined() || !overrides.step_noise.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": holds neither initial_noise nor step_noise_<i>"));
}

}  // namespace strobe::model
