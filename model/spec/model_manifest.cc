#include "model/spec/model_manifest.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"
#include "model/spec/device_and_dtype.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr int kMaxSteps = 1000;
constexpr int kMaxPixels = 16384;  // a side
constexpr double kMaxGuidanceScale = 100.0;
constexpr double kMaxLoraScale = 100.0;

constexpr IntRange kStepRange = {1, kMaxSteps};
constexpr IntRange kPixelRange = {1, kMaxPixels};

bool IsIntIn(const json& value, const IntRange& range) {
  return value.is_number_integer() && value >= range.min && value <= range.max;
}

// "file", {"path": "file", "scale": 0.8}, or a list of these.
void ReadLora(JsonReader& reader, ModelManifest& manifest) {
  reader.ForEachOrOne("lora", [&](const std::string& name, const json& entry) {
    LoraReference lora;
    if (entry.is_string()) lora.path = entry.get<std::string>();
    if (entry.is_object()) {
      JsonReader fields = reader.ReaderOf(name, entry);
      lora.path = fields.GetNonEmptyString("path", "");
      lora.scale = fields.GetDouble("scale", 1.0, {-kMaxLoraScale, kMaxLoraScale});
      fields.RefuseUnknownKeys();
    }
    if (lora.path.empty()) {
      reader.AddProblem(name, "must be a file, {\"path\", \"scale\"}, or a list of these");
    }
    manifest.lora.push_back(std::move(lora));
  });
}

void ReadDtype(JsonReader& reader, ModelManifest& manifest) {
  manifest.dtype = reader.GetString("dtype", "");
  if (reader.Has("dtype") && !ParseDtype(manifest.dtype).ok()) {
    reader.AddMismatch("dtype", "float32, float16 or bfloat16");
  }
}

void ReadScheduler(JsonReader& reader, ModelManifest& manifest) {
  const json* value = reader.Find("scheduler");
  if (value == nullptr) return;
  if (!value->is_object()) {
    return reader.AddMismatch("scheduler", "an object of scheduler_config.json keys");
  }
  manifest.scheduler = value->dump(-1, ' ', true, json::error_handler_t::replace);
}

void ReadStepCounts(JsonReader& reader, ModelManifest& manifest) {
  const json* value = reader.Find("num_inference_steps");
  if (value == nullptr) return;
  const bool valid = value->is_array() && !value->empty() &&
                     std::all_of(value->begin(), value->end(),
                                 [](const json& count) { return IsIntIn(count, kStepRange); });
  if (!valid) {
    return reader.AddMismatch("num_inference_steps",
                              absl::StrCat("a list of integers from 1 to ", kMaxSteps));
  }
  std::vector<int>& counts = manifest.num_inference_steps;
  counts = value->get<std::vector<int>>();
  std::sort(counts.begin(), counts.end());
  if (std::adjacent_find(counts.begin(), counts.end()) != counts.end()) {
    reader.AddProblem("num_inference_steps", "names a count twice");
  }
}

bool IsDescendingList(const json& list, int count) {
  if (!list.is_array() || list.size() != static_cast<size_t>(count)) return false;
  for (size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_number() || list[i].get<double>() < 0.0) return false;
    if (i > 0 && list[i].get<double>() >= list[i - 1].get<double>()) return false;
  }
  return true;
}

void ReadTimesteps(JsonReader& reader, ModelManifest& manifest) {
  const json* value = reader.Find("timesteps");
  if (value == nullptr) return;
  if (!value->is_object()) {
    return reader.AddProblem("timesteps", "must map a step count to a list of timesteps");
  }
  for (const auto& [key, list] : value->items()) {
    const std::string name = absl::StrCat("timesteps.", key);
    int count = 0;
    if (!absl::SimpleAtoi(key, &count) || count < 1 || count > kMaxSteps) {
      reader.AddProblem(name, "must be named by a step count");
    } else if (!IsDescendingList(list, count)) {
      reader.AddProblem(name,
                        absl::StrCat("must hold ", count, " descending numbers, none negative"));
    } else {
      manifest.timesteps[count] = list.get<std::vector<double>>();
    }
  }
}

void ReadPreviewDecoder(JsonReader& reader, ModelManifest& manifest) {
  const json* value = reader.Find("preview_decoder");
  if (value == nullptr) return;
  const std::string folder = value->is_string() ? value->get<std::string>() : "";
  if (folder.empty() || folder[0] == '.' || folder.find('/') != std::string::npos) {
    return reader.AddProblem("preview_decoder", "must name a folder beside strobe.json");
  }
  manifest.preview_decoder = folder;
}

void ReadWarmupSizes(JsonReader& reader, ModelManifest& manifest) {
  const json* value = reader.Find("warmup_sizes");
  if (value == nullptr) return;
  const auto is_size = [](const json& size) {
    return size.is_array() && size.size() == 2 && IsIntIn(size[0], kPixelRange) &&
           IsIntIn(size[1], kPixelRange);
  };
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), is_size)) {
    return reader.AddMismatch("warmup_sizes", "a list of [width, height] in pixels");
  }
  for (const json& size : *value) {
    manifest.warmup_sizes.emplace_back(size[0].get<int>(), size[1].get<int>());
  }
}

void ReadSizes(JsonReader& reader, ModelManifest& manifest) {
  const auto side = [&reader](const char* key) {
    return static_cast<int>(reader.GetInt(key, 0, kPixelRange));
  };
  manifest.default_width = side("default_width");
  manifest.default_height = side("default_height");
  manifest.min_size = side("min_size");
  manifest.max_size = side("max_size");
  if (manifest.min_size > 0 && manifest.max_size > 0 && manifest.min_size > manifest.max_size) {
    reader.AddProblem("min_size", "is larger than 'max_size'");
  }
  ReadWarmupSizes(reader, manifest);
}

void ReadSteps(JsonReader& reader, ModelManifest& manifest) {
  ReadStepCounts(reader, manifest);
  manifest.default_num_inference_steps =
      static_cast<int>(reader.GetInt("default_num_inference_steps", 0, kStepRange));
  ReadTimesteps(reader, manifest);
  const std::vector<int>& counts = manifest.num_inference_steps;
  const auto offered = [&counts](int count) {
    return counts.empty() || std::count(counts.begin(), counts.end(), count) > 0;
  };
  if (manifest.default_num_inference_steps > 0 && !offered(manifest.default_num_inference_steps)) {
    reader.AddProblem("default_num_inference_steps", "is not in 'num_inference_steps'");
  }
  for (const auto& [count, unused] : manifest.timesteps) {
    if (!offered(count)) {
      reader.AddProblem(absl::StrCat("timesteps.", count), "is not in 'num_inference_steps'");
    }
  }
}

void ReadSampling(JsonReader& reader, ModelManifest& manifest) {
  manifest.noise_correction = reader.GetBool("noise_correction", manifest.noise_correction);
  manifest.eta = reader.GetDouble("eta", manifest.eta, {0.0, 1.0});
  manifest.supports_guidance = reader.GetBool("supports_guidance", manifest.supports_guidance);
  if (reader.Has("default_guidance_scale")) {
    manifest.default_guidance_scale =
        static_cast<float>(reader.GetDouble("default_guidance_scale", 0.0, {0, kMaxGuidanceScale}));
  }
}

}  // namespace

absl::StatusOr<ModelManifest> ParseModelManifest(absl::string_view text) {
  STROBE_ASSIGN_OR_RETURN(const json root, ParseJson(text, "strobe.json"));
  JsonReader reader("strobe.json", root);
  ModelManifest manifest;
  manifest.name = reader.GetNonEmptyString("name", "");
  manifest.base = reader.GetNonEmptyString("base", "");
  manifest.variant = reader.GetNonEmptyString("variant", "");
  manifest.unet = reader.GetNonEmptyString("unet", "");
  ReadDtype(reader, manifest);
  ReadLora(reader, manifest);
  ReadScheduler(reader, manifest);
  ReadSteps(reader, manifest);
  ReadSampling(reader, manifest);
  ReadSizes(reader, manifest);
  ReadPreviewDecoder(reader, manifest);
  reader.RefuseUnknownKeys();
  STROBE_RETURN_IF_ERROR(reader.status());
  return manifest;
}

}  // namespace strobe::model
