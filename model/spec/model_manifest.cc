#include "model/spec/model_manifest.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr int kMaxSteps = 1000;
constexpr int kMaxPixels = 16384;  // a side
constexpr double kMaxGuidanceScale = 100.0;
constexpr double kMaxLoraScale = 100.0;

// Reads the manifest key by key and collects everything that is wrong with it.
class ManifestReader {
 public:
  explicit ManifestReader(const json& root) : root_(root) {}

  void ReadAll() {
    for (const auto& [key, value] : root_.items()) {
      if (!ReadKey(key, value)) Complain(key, "is not a known key");
    }
    CheckTogether();
  }

  absl::StatusOr<ModelManifest> Finish() && {
    if (problems_.empty()) return std::move(manifest_);
    return absl::InvalidArgumentError(
        absl::StrCat("strobe.json: ", absl::StrJoin(problems_, "; ")));
  }

 private:
  void Complain(absl::string_view key, absl::string_view what) {
    problems_.push_back(absl::StrCat("'", key, "' ", what));
  }

  // False when `key` is not one of ours.
  bool ReadKey(const std::string& key, const json& value) {
    if (std::string* text = TextOf(key)) {
      *text = ReadText(key, value);
    } else if (key == "dtype") {
      ReadDtype(value);
    } else if (key == "lora") {
      ReadLora(value);
    } else if (key == "scheduler") {
      ReadScheduler(value);
    } else if (key == "eta") {
      manifest_.eta = ReadNumber(key, value, 0.0, 1.0);
    } else if (key == "num_inference_steps") {
      ReadStepCounts(value);
    } else if (key == "default_num_inference_steps") {
      manifest_.default_num_inference_steps = ReadInt(key, value, 1, kMaxSteps);
    } else if (key == "timesteps") {
      ReadTimesteps(value);
    } else if (key == "noise_correction") {
      manifest_.noise_correction = ReadBool(key, value);
    } else if (key == "default_guidance_scale") {
      manifest_.default_guidance_scale =
          static_cast<float>(ReadNumber(key, value, 0.0, kMaxGuidanceScale));
    } else if (key == "supports_guidance") {
      manifest_.supports_guidance = ReadBool(key, value);
    } else if (int* side = SideOf(key)) {
      *side = ReadInt(key, value, 1, kMaxPixels);
    } else if (key == "warmup_sizes") {
      ReadWarmupSizes(value);
    } else if (key == "preview_decoder") {
      ReadPreviewDecoder(value);
    } else {
      return false;
    }
    return true;
  }

  int* SideOf(const std::string& key) {
    if (key == "default_width") return &manifest_.default_width;
    if (key == "default_height") return &manifest_.default_height;
    if (key == "min_size") return &manifest_.min_size;
    if (key == "max_size") return &manifest_.max_size;
    return nullptr;
  }

  static bool IsIntIn(const json& value, int low, int high) {
    if (value.is_number_unsigned()) {
      return value.get<uint64_t>() >= static_cast<uint64_t>(low) &&
             value.get<uint64_t>() <= static_cast<uint64_t>(high);
    }
    return value.is_number_integer() && value.get<int64_t>() >= low && value.get<int64_t>() <= high;
  }

  int ReadInt(const std::string& key, const json& value, int low, int high) {
    if (IsIntIn(value, low, high)) return value.get<int>();
    Complain(key, absl::StrCat("must be an integer from ", low, " to ", high));
    return low;
  }

  bool ReadBool(const std::string& key, const json& value) {
    if (value.is_boolean()) return value.get<bool>();
    Complain(key, "must be true or false");
    return false;
  }

  std::string* TextOf(const std::string& key) {
    if (key == "name") return &manifest_.name;
    if (key == "base") return &manifest_.base;
    if (key == "variant") return &manifest_.variant;
    if (key == "unet") return &manifest_.unet;
    return nullptr;
  }

  std::string ReadText(const std::string& key, const json& value) {
    if (value.is_string() && !value.get<std::string>().empty()) return value.get<std::string>();
    Complain(key, "must be a string that is not empty");
    return "";
  }

  void ReadDtype(const json& value) {
    if (value == "float32" || value == "float16" || value == "bfloat16") {
      manifest_.dtype = value.get<std::string>();
    } else {
      Complain("dtype", "must be float32, float16 or bfloat16");
    }
  }

  double ReadNumber(const std::string& key, const json& value, double low, double high) {
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (number >= low && number <= high) return number;
    Complain(key, absl::StrCat("must be a number from ", low, " to ", high));
    return low;
  }

  // "file", {"path": "file", "scale": 0.8}, or a list of these.
  void ReadLora(const json& value) {
    const json list = value.is_array() ? value : json::array({value});
    for (const json& entry : list) {
      LoraReference lora;
      if (entry.is_string()) lora.path = entry.get<std::string>();
      if (entry.is_object()) {
        for (const auto& [key, field] : entry.items()) {
          if (key == "path") {
            lora.path = ReadText("lora.path", field);
          } else if (key == "scale") {
            lora.scale = ReadNumber("lora.scale", field, -kMaxLoraScale, kMaxLoraScale);
          } else {
            Complain(absl::StrCat("lora.", key), "is not a known key");
          }
        }
      }
      if (lora.path.empty()) {
        Complain("lora", "must be a file, {\"path\", \"scale\"}, or a list of these");
      }
      manifest_.lora.push_back(std::move(lora));
    }
  }

  void ReadScheduler(const json& value) {
    if (value.is_object()) {
      manifest_.scheduler = value.dump(-1, ' ', true, json::error_handler_t::replace);
    } else {
      Complain("scheduler", "must be an object of scheduler_config.json keys");
    }
  }

  void ReadStepCounts(const json& value) {
    std::vector<int>& counts = manifest_.num_inference_steps;
    const bool valid = value.is_array() && !value.empty() &&
                       std::all_of(value.begin(), value.end(),
                                   [](const json& count) { return IsIntIn(count, 1, kMaxSteps); });
    if (!valid) {
      return Complain("num_inference_steps",
                      absl::StrCat("must be a list of integers from 1 to ", kMaxSteps));
    }
    counts = value.get<std::vector<int>>();
    std::sort(counts.begin(), counts.end());
    if (std::adjacent_find(counts.begin(), counts.end()) != counts.end()) {
      Complain("num_inference_steps", "names a count twice");
    }
  }

  void ReadTimesteps(const json& value) {
    if (!value.is_object()) {
      return Complain("timesteps", "must map a step count to a list of timesteps");
    }
    for (const auto& [key, list] : value.items()) {
      const std::string name = absl::StrCat("timesteps.", key);
      int count = 0;
      if (!absl::SimpleAtoi(key, &count) || count < 1 || count > kMaxSteps) {
        Complain(name, "must be named by a step count");
      } else if (!IsDescendingList(list, count)) {
        Complain(name, absl::StrCat("must hold ", count, " descending numbers, none negative"));
      } else {
        manifest_.timesteps[count] = list.get<std::vector<double>>();
      }
    }
  }

  static bool IsDescendingList(const json& list, int count) {
    if (!list.is_array() || list.size() != static_cast<size_t>(count)) return false;
    for (size_t i = 0; i < list.size(); ++i) {
      if (!list[i].is_number() || list[i].get<double>() < 0.0) return false;
      if (i > 0 && list[i].get<double>() >= list[i - 1].get<double>()) return false;
    }
    return true;
  }

  void ReadPreviewDecoder(const json& value) {
    const std::string folder = value.is_string() ? value.get<std::string>() : "";
    if (folder.empty() || folder[0] == '.' || folder.find('/') != std::string::npos) {
      Complain("preview_decoder", "must name a folder beside strobe.json");
    } else {
      manifest_.preview_decoder = folder;
    }
  }

  void ReadWarmupSizes(const json& value) {
    const auto is_size = [](const json& size) {
      return size.is_array() && size.size() == 2 && IsIntIn(size[0], 1, kMaxPixels) &&
             IsIntIn(size[1], 1, kMaxPixels);
    };
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_size)) {
      return Complain("warmup_sizes", "must be a list of [width, height] in pixels");
    }
    for (const json& size : value) {
      manifest_.warmup_sizes.emplace_back(size[0].get<int>(), size[1].get<int>());
    }
  }

  void CheckTogether() {
    const ModelManifest& m = manifest_;
    if (m.min_size > 0 && m.max_size > 0 && m.min_size > m.max_size) {
      Complain("min_size", "is larger than 'max_size'");
    }
    const auto offered = [&m](int count) {
      return m.num_inference_steps.empty() ||
             std::count(m.num_inference_steps.begin(), m.num_inference_steps.end(), count) > 0;
    };
    if (m.default_num_inference_steps > 0 && !offered(m.default_num_inference_steps)) {
      Complain("default_num_inference_steps", "is not in 'num_inference_steps'");
    }
    for (const auto& [count, unused] : m.timesteps) {
      if (!offered(count)) {
        Complain(absl::StrCat("timesteps.", count), "is not in 'num_inference_steps'");
      }
    }
  }

  const json& root_;
  ModelManifest manifest_;
  std::vector<std::string> problems_;
};

}  // namespace

absl::StatusOr<ModelManifest> ParseModelManifest(absl::string_view text) {
  const json root = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return absl::InvalidArgumentError("strobe.json: is not valid JSON");
  if (!root.is_object()) return absl::InvalidArgumentError("strobe.json: must be a JSON object");
  ManifestReader reader(root);
  reader.ReadAll();
  return std::move(reader).Finish();
}

}  // namespace strobe::model
