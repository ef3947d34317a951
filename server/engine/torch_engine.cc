#include "server/engine/torch_engine.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <torch/headeronly/version.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/pipeline/torch_names.h"
#include "server/engine/guarded_run.h"
#include "server/engine/load_pipelines.h"
#include "server/engine/prompt_cache.h"
#include "server/engine/prompt_embeddings.h"
#include "server/engine/torch_device.h"

namespace strobe::server {
namespace {

using model::PipelineSample;
using model::TextToImagePipeline;

struct TorchSample : SampleState {
  bool prompt_truncated() const override { return sample->tokens.truncated; }

  TextToImagePipeline* pipeline = nullptr;  // the engine's
  PromptKey prompt_key;
  std::unique_ptr<PipelineSample> sample;
};

PromptKey KeyOf(ModelKey model, const PipelineSample& sample) {
  PromptKey key;
  key.model = model;
  key.prompt = sample.spec.prompt;
  key.guidance = sample.guided();
  if (key.guidance) key.negative_prompt = sample.spec.negative_prompt;
  return key;
}

// Starts the loading thread's OpenMP threads. libgomp lets idle threads spin for long as long as it
// knows of no more threads than cores; with those of the loading thread beside the engine's own it
// knows of more, and they sleep soon, so that other work on the same cores does not stop the
// engine.
void StartOpenMpThreads() { at::full({1 << 18}, 1.0f); }

// LibTorch's choice, before anything has changed it.
int DefaultThreads() {
  static const int threads = at::get_num_threads();
  return threads;
}

class TorchEngine final : public StageEngine {
 public:
  TorchEngine(TorchEngineOptions options, int threads, c10::Device device,
              std::vector<std::unique_ptr<TextToImagePipeline>> pipelines)
      : options_(std::move(options)),
        threads_(threads),
        threads_of_lane_(threads),
        device_(device),
        pipelines_(std::move(pipelines)),
        prompt_cache_(static_cast<size_t>(options_.engine.prompt_cache_mb) << 20) {
    for (size_t i = 0; i < pipelines_.size(); ++i) {
      const ModelSource& source = options_.models[i];
      models_.push_back({source.key, source.directory, pipelines_[i]->description()});
    }
  }

  int max_lanes() const override { return device_.is_cpu() ? threads_ : 1; }
  DeviceFacts device_facts() const override {
    return {HardwareName(device_), device_.is_cpu() ? threads_ : 0};
  }
  void UseLanes(int lanes) override { threads_of_lane_ = std::max(1, threads_ / lanes); }

  const std::vector<LoadedModel>& models() const override { return models_; }

  absl::StatusOr<std::unique_ptr<SampleState>> CreateSample(
      ModelKey model, const model::GenerationSpec& spec) override {
    return Guarded("create sample", [&]() -> absl::StatusOr<std::unique_ptr<SampleState>> {
      auto state = std::make_unique<TorchSample>();
      state->pipeline = &PipelineOf(model);
      STROBE_ASSIGN_OR_RETURN(state->sample, state->pipeline->CreateSample(spec, {}));
      state->prompt_key = KeyOf(model, *state->sample);
      return state;
    });
  }

  absl::StatusOr<Pictures> Run(Stage stage, absl::Span<SampleState* const> batch) override {
    switch (stage) {
      case Stage::kEncodePrompt:
        return Guarded(StageName(stage), [&] { return WithoutPictures(EncodeUncached(batch)); });
      case Stage::kDenoise:
        return Guarded(StageName(stage), [&] { return WithoutPictures(DenoiseStep(batch)); });
      case Stage::kDecode:
        return Decode(batch);
      case Stage::kPreview:
        return DecodeBy(&TextToImagePipeline::DecodePreviews, batch);
      default:
        return absl::UnimplementedError(
            absl::StrCat("the models have no stage ", StageName(stage)));
    }
  }

 private:
  using Decoding = absl::StatusOr<std::vector<at::Tensor>> (TextToImagePipeline::*)(
      absl::Span<PipelineSample* const>);

  static absl::StatusOr<Pictures> WithoutPictures(const absl::Status& status) {
    STROBE_RETURN_IF_ERROR(status);
    return Pictures();
  }

  absl::Status DenoiseStep(absl::Span<SampleState* const> batch) {
    return PipelineOf(batch).DenoiseStep(PipelineSamples(batch));
  }

  absl::StatusOr<Pictures> Decode(absl::Span<SampleState* const> batch) {
    STROBE_ASSIGN_OR_RETURN(Pictures pictures, DecodeBy(&TextToImagePipeline::Decode, batch));
    for (size_t i = 0; i < batch.size(); ++i) {
      if (!pictures[i].ok()) TryInFloat32(Torch(batch[i]), pictures[i]);
    }
    return pictures;
  }

  // Runs `work` as RunGuarded does, and sees after what went wrong in it.
  template <typename Work>
  auto Guarded(absl::string_view what, Work work) -> decltype(work()) {
    auto result = RunGuarded(what, threads_of_lane_, std::move(work));
    if (!result.ok()) return Diagnose(StatusOf(result));
    return result;
  }

  // Frees what the allocator keeps when memory ran out, and finds out whether an error of a library
  // that says no more has left the device unusable.
  absl::Status Diagnose(const absl::Status& error) {
    if (device_.is_cpu()) return error;
    const absl::Status probe = RunGuarded("probe the device", threads_of_lane_, [&] {
      if (absl::IsResourceExhausted(error)) FreeUnusedMemory(device_);
      model::SynchronizeDevice(device_);
      return absl::OkStatus();
    });
    return absl::IsUnavailable(probe) ? probe : error;
  }

  // Decodes a picture that is not finite once more, in float32, when the decoder computes in less.
  void TryInFloat32(TorchSample& state, absl::StatusOr<model::RgbImage>& picture) {
    auto again = Guarded("decode in float32", [&]() -> absl::StatusOr<model::RgbImage> {
      STROBE_ASSIGN_OR_RETURN(const auto image, state.pipeline->DecodeInFloat32(*state.sample));
      return model::ToRgbImage(image);
    });
    if (!again.ok()) return;
    picture = *std::move(again);
    if (options_.on_picture_recovered) options_.on_picture_recovered();
  }

  absl::StatusOr<Pictures> DecodeBy(Decoding decode, absl::Span<SampleState* const> batch) {
    return Guarded(StageName(Stage::kDecode), [&]() -> absl::StatusOr<Pictures> {
      STROBE_ASSIGN_OR_RETURN(const auto images,
                              (PipelineOf(batch).*decode)(PipelineSamples(batch)));
      Pictures pictures = model::ToRgbImages(images);
      ReportDeviceMemory();
      return pictures;
    });
  }

  static TorchSample& Torch(SampleState* state) { return static_cast<TorchSample&>(*state); }

  TextToImagePipeline& PipelineOf(absl::Span<SampleState* const> batch) const {
    return *Torch(batch.front()).pipeline;
  }

  TextToImagePipeline& PipelineOf(ModelKey key) const {
    const auto found = std::find_if(models_.begin(), models_.end(), [&](const LoadedModel& model) {
      return model.key.model == key.model;
    });
    assert(found != models_.end());
    return *pipelines_[found - models_.begin()];
  }

  static std::vector<PipelineSample*> PipelineSamples(absl::Span<SampleState* const> batch) {
    std::vector<PipelineSample*> samples;
    for (SampleState* const state : batch) samples.push_back(Torch(state).sample.get());
    return samples;
  }

  // Encodes the first sample of every prompt that the cache does not know; the others share.
  absl::Status EncodeUncached(absl::Span<SampleState* const> batch) {
    absl::flat_hash_map<PromptKey, PromptEmbeddings> known;
    std::vector<SampleState*> first_of_prompt;
    for (SampleState* const state : batch) {
      const PromptKey& key = Torch(state).prompt_key;
      const auto [entry, is_new] = known.try_emplace(key);
      if (!is_new) continue;
      if (!Recall(key, entry->second)) first_of_prompt.push_back(state);
    }
    if (!first_of_prompt.empty()) {
      STROBE_RETURN_IF_ERROR(PipelineOf(batch).EncodePrompts(PipelineSamples(first_of_prompt)));
    }
    for (SampleState* const state : first_of_prompt) {
      known[Torch(state).prompt_key] = Remember(Torch(state));
    }
    for (SampleState* const state : batch) {
      const PromptEmbeddings& embeddings = known[Torch(state).prompt_key];
      Torch(state).sample->prompt = embeddings.prompt;
      Torch(state).sample->negative = embeddings.negative;
    }
    const int misses = static_cast<int>(first_of_prompt.size());
    if (options_.on_prompt_lookups) {
      options_.on_prompt_lookups(static_cast<int>(batch.size()) - misses, misses);
    }
    return absl::OkStatus();
  }

  bool Recall(const PromptKey& key, PromptEmbeddings& embeddings) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    const PromptEmbeddings* const cached = prompt_cache_.Find(key);
    if (cached != nullptr) embeddings = *cached;
    return cached != nullptr;
  }

  PromptEmbeddings Remember(const TorchSample& state) ABSL_LOCKS_EXCLUDED(mu_) {
    const PromptEmbeddings embeddings =
        PromptEmbeddings::CopyOf(state.sample->prompt, state.sample->negative);
    absl::MutexLock lock(&mu_);
    prompt_cache_.Insert(state.prompt_key, embeddings, embeddings.bytes());
    return embeddings;
  }

  void ReportDeviceMemory() const {
    if (!options_.on_device_memory) return;
    const DeviceMemory memory = QueryDeviceMemory(device_);
    options_.on_device_memory(memory.allocated, memory.reserved);
  }

  const TorchEngineOptions options_;
  const int threads_;
  std::atomic<int> threads_of_lane_;
  const c10::Device device_;
  const std::vector<std::unique_ptr<TextToImagePipeline>> pipelines_;
  std::vector<LoadedModel> models_;  // by pipeline; constant after construction
  absl::Mutex mu_;
  PromptCache<PromptEmbeddings> prompt_cache_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<StageEngine>> NewTorchEngine(TorchEngineOptions options) {
  if (options.models.empty()) {
    return absl::InvalidArgumentError("no model directory given");
  }
  const int threads =
      std::max(1, (options.engine.threads > 0 ? options.engine.threads : DefaultThreads()) /
                      options.engines_on_cpu);
  return RunGuarded("load", threads, [&]() -> absl::StatusOr<std::unique_ptr<StageEngine>> {
    STROBE_ASSIGN_OR_RETURN(const auto device, ParseDevice(options.device));
    STROBE_ASSIGN_OR_RETURN(const auto dtype, model::ParseDtype(options.engine.dtype));
    StartOpenMpThreads();
    STROBE_ASSIGN_OR_RETURN(auto pipelines,
                            LoadPipelines(options, device, model::ScalarTypeOf(dtype)));
    return std::make_unique<TorchEngine>(std::move(options), threads, device, std::move(pipelines));
  });
}

std::string TorchVersion() { return TORCH_VERSION; }

std::string TorchCudaVersion() { return CudaVersion(); }

std::string OneDnnVersion() {
  // "Intel(R) MKL-DNN v3.7.1 (Git Hash ...)"
  const std::string text = at::get_mkldnn_version();
  const std::size_t number = text.find(" v");
  if (number == std::string::npos) return "none";
  return text.substr(number + 2, text.find(' ', number + 2) - number - 2);
}

}  // namespace strobe::server
