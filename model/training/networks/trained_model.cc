#include "model/training/networks/trained_model.h"

#include <filesystem>
#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/pipeline/families/stable_diffusion_family.h"
#include "model/pipeline/families/stable_diffusion_xl_family.h"
#include "model/training/networks/parameter_init.h"
#include "model/weights/checkpoint_directory.h"
#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Those that training can start from; null: not one of them.
const UNetFamily* FindTrainable(absl::string_view pipeline_class) {
  static const StableDiffusionFamily& plain = *new StableDiffusionFamily;
  static const StableDiffusionXlFamily& xl = *new StableDiffusionXlFamily;
  if (pipeline_class == plain.pipeline_class()) return &plain;
  return pipeline_class == xl.pipeline_class() ? &xl : nullptr;
}

// Keeps the first error of several steps.
class Steps {
 public:
  template <typename T>
  void Set(absl::StatusOr<T> value, T& target) {
    if (value.ok()) {
      target = *std::move(value);
    } else {
      status_.Update(value.status());
    }
  }
  void Run(const absl::Status& status) { status_.Update(status); }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

absl::Status WriteJson(const fs::path& path, const Json& json) {
  return WriteFile(path.string(), json.dump(2) + "\n");
}

absl::Status WriteHalf(const fs::path& path, const StateDict& tensors) {
  StateDict halves;
  for (const auto& [name, tensor] : tensors) {
    halves[name] = tensor.is_floating_point() ? tensor.detach().to(at::kHalf) : tensor;
  }
  return WriteSafetensors(path.string(), halves);
}

Json ModelIndex(const TrainedModel& model) {
  const auto part = [](const char* library, const std::string& name) {
    return Json::array({library, name});
  };
  const Json none = Json::array({nullptr, nullptr});
  Json index = {{"_class_name", std::string(model.family->pipeline_class())},
                {"_diffusers_version", "0.42.1"},
                {"feature_extractor", none},
                {"image_encoder", none},
                {"scheduler", part("diffusers", model.scheduler_config.at("_class_name"))},
                {"unet", part("diffusers", "UNet2DConditionModel")},
                {"vae", part("diffusers", model.vae_class)}};
  for (const ClipTextSource& text : model.family->texts()) {
    index[text.text_encoder] = part("transformers", text.text_encoder_class);
    index[text.tokenizer] = part("transformers", "CLIPTokenizer");
  }
  if (model.family->may_zero_empty_prompt()) {
    index["force_zeros_for_empty_prompt"] = model.zero_empty_prompt;
  }
  index.update(model.family->IndexExtras());
  return index;
}

Json Manifest(const ModelCard& card) {
  return {{"name", card.name},
          {"num_inference_steps", card.step_counts},
          {"default_num_inference_steps", card.step_counts.back()},
          {"noise_correction", card.noise_correction},
          {"default_width", card.image_size},
          {"default_height", card.image_size},
          {"min_size", card.image_size},
          {"max_size", card.image_size}};
}

absl::Status WriteTokenizer(const fs::path& folder, const ClipTokenizerFiles& files) {
  const std::pair<const char*, const std::string*> parts[] = {
      {"vocab.json", &files.vocab_json},
      {"merges.txt", &files.merges_txt},
      {"special_tokens_map.json", &files.special_tokens_map_json},
      {"tokenizer_config.json", &files.tokenizer_config_json},
      {"tokenizer.json", &files.tokenizer_json}};
  absl::Status status;
  for (const auto& [name, text] : parts) {
    if (!text->empty()) status.Update(WriteFile((folder / name).string(), *text));
  }
  return status;
}

absl::Status MakeFolders(const fs::path& root, std::initializer_list<const char*> folders) {
  for (const char* folder : folders) STROBE_RETURN_IF_ERROR(MakeFolder((root / folder).string()));
  return absl::OkStatus();
}

absl::Status WriteSecondText(const fs::path& root, const SecondTextEncoder& text) {
  Steps steps;
  steps.Run(MakeFolders(root, {"text_encoder_2", "tokenizer_2"}));
  steps.Run(WriteHalf(root / "text_encoder_2/model.safetensors", text.weights));
  steps.Run(WriteJson(root / "text_encoder_2/config.json", text.config));
  steps.Run(WriteTokenizer(root / "tokenizer_2", text.tokenizer));
  return steps.status();
}

absl::Status WriteAll(const fs::path& root, const TrainedModel& model, const ModelCard& card) {
  Steps steps;
  steps.Run(MakeFolders(root, {"unet", "text_encoder", "vae", "scheduler", "tokenizer"}));
  if (model.second_text.has_value()) steps.Run(WriteSecondText(root, *model.second_text));
  steps.Run(WriteHalf(root / "unet/diffusion_pytorch_model.safetensors", model.unet));
  steps.Run(WriteHalf(root / "text_encoder/model.safetensors", model.text_encoder));
  steps.Run(WriteHalf(root / "vae/diffusion_pytorch_model.safetensors", model.vae));
  if (!model.lora.empty()) {
    StateDict named;
    for (const auto& [name, tensor] : model.lora) named["unet." + name] = tensor;
    steps.Run(WriteHalf(root / "pytorch_lora_weights.safetensors", named));
  }
  steps.Run(WriteJson(root / "unet/config.json", model.unet_config));
  steps.Run(WriteJson(root / "text_encoder/config.json", model.text_config));
  steps.Run(WriteJson(root / "vae/config.json", model.vae_config));
  steps.Run(WriteJson(root / "scheduler/scheduler_config.json", model.scheduler_config));
  steps.Run(WriteTokenizer(root / "tokenizer", model.tokenizer));
  steps.Run(WriteJson(root / "strobe.json", Manifest(card)));
  steps.Run(WriteFile((root / "README.md").string(), card.text));
  steps.Run(WriteJson(root / "model_index.json", ModelIndex(model)));
  return steps.status();
}

// Each may be absent; making a tokenizer of them says what is missing.
ClipTokenizerFiles ReadTokenizer(const CheckpointDirectory& directory, const char* component) {
  const auto text = [&](const char* file) {
    return directory.ReadText(component, file).value_or("");
  };
  return {text("vocab.json"), text("merges.txt"), text("special_tokens_map.json"),
          text("tokenizer_config.json"), text("tokenizer.json")};
}

absl::Status CheckTrainable(const CheckpointDirectory& directory) {
  const UNetFamily* const family = FindTrainable(directory.pipeline_class());
  if (family == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        directory.path(), "/model_index.json: the pipeline is a '", directory.pipeline_class(),
        "'; training starts from a ", "StableDiffusionPipeline or a StableDiffusionXLPipeline"));
  }
  for (const ComponentSpec& spec : family->components()) {
    const bool is_trained =
        spec.role == ComponentRole::kDenoiser || spec.role == ComponentRole::kTextEncoder;
    const std::string found = directory.ComponentClass(spec.folder);
    if (!is_trained || found == spec.classes.front()) continue;
    return absl::InvalidArgumentError(absl::StrCat(directory.path(), "/model_index.json: the ",
                                                   spec.folder, " is a '", found, "', not a ",
                                                   spec.classes.front()));
  }
  if (directory.manifest().lora.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(directory.path(),
                   "/strobe.json: fuses LoRA files: train from the model without "
                   "them, or from one that has them merged in its weights"));
}

}  // namespace

const UNetFamily& StableDiffusion() { return *FindTrainable("StableDiffusionPipeline"); }

absl::StatusOr<TrainedModel> ReadTrainedModel(const std::string& path) {
  STROBE_ASSIGN_OR_RETURN(const CheckpointDirectory directory, CheckpointDirectory::Open(path));
  STROBE_RETURN_IF_ERROR(CheckTrainable(directory));
  TrainedModel model;
  model.family = FindTrainable(directory.pipeline_class());
  model.vae_class = directory.ComponentClass("vae");
  Steps steps;
  steps.Set(directory.ReadJson("unet", "config.json"), model.unet_config);
  steps.Set(directory.ReadJson("text_encoder", "config.json"), model.text_config);
  steps.Set(directory.ReadJson("vae", "config.json"), model.vae_config);
  steps.Set(directory.ReadJson("scheduler", "scheduler_config.json"), model.scheduler_config);
  steps.Set(directory.ReadWeights("unet"), model.unet);
  steps.Set(directory.ReadWeights("text_encoder"), model.text_encoder);
  steps.Set(directory.ReadWeights("vae"), model.vae);
  model.zero_empty_prompt =
      model.family->may_zero_empty_prompt() && directory.force_zeros_for_empty_prompt();
  if (model.family->texts().size() > 1) {
    SecondTextEncoder& second = model.second_text.emplace();
    steps.Set(directory.ReadJson("text_encoder_2", "config.json"), second.config);
    steps.Set(directory.ReadWeights("text_encoder_2"), second.weights);
    second.tokenizer = ReadTokenizer(directory, "tokenizer_2");
  }
  STROBE_RETURN_IF_ERROR(steps.status());
  model.scheduler_config["_class_name"] = directory.ComponentClass("scheduler");
  model.tokenizer = ReadTokenizer(directory, "tokenizer");
  if (!model.unet_config.value("time_cond_proj_dim", Json()).is_null()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     "/unet/config.json: time_cond_proj_dim: the denoiser takes its guidance "
                     "scale as an input, so it is a few-step student itself, not a teacher"));
  }
  return model;
}

absl::Status WriteTrainedModel(const OutputFolder& output, const TrainedModel& model,
                               const ModelCard& card) {
  return output.Write([&](const std::string& folder) { return WriteAll(folder, model, card); });
}

absl::StatusOr<std::unique_ptr<UNet2DConditionModel>> BuildUnet(const Json& config, uint64_t seed,
                                                                ParameterSet& weights) {
  STROBE_ASSIGN_OR_RETURN(const UNet2DConditionConfig read,
                          UNet2DConditionConfig::FromJson(config));
  // Weights that were read must be complete.
  StateDictLoader loader = weights.Loader(
      "unet", weights.tensors().empty() ? DefaultInitializer(seed) : ParameterInitializer());
  std::unique_ptr<UNet2DConditionModel> unet = UNet2DConditionModel::Create(read, loader);
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return unet;
}

absl::StatusOr<std::unique_ptr<ImageDecoder>> BuildDecoder(const TrainedModel& model,
                                                           at::Device device) {
  StateDictLoader::Options options;
  options.device = device;
  StateDictLoader loader("vae", model.vae, options);
  STROBE_ASSIGN_OR_RETURN(std::unique_ptr<ImageDecoder> decoder,
                          CreateImageDecoder(model.vae_class, model.vae_config,
                                             model.family->latent_statistics(), loader));
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return decoder;
}

absl::StatusOr<std::unique_ptr<ImageEncoder>> BuildImageEncoder(const TrainedModel& model,
                                                                at::Device device) {
  StateDictLoader::Options options;
  options.device = device;
  StateDictLoader loader("vae encoder", model.vae, options);
  STROBE_ASSIGN_OR_RETURN(std::unique_ptr<ImageEncoder> encoder,
                          CreateImageEncoder(model.vae_class, model.vae_config,
                                             model.family->latent_statistics(), loader));
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return encoder;
}

}  // namespace strobe::model
