#include "model/weights/lora_scaling.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "model/weights/lora_names.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr char kMetadataKey[] = "lora_adapter_metadata";

// {"unet.lora_alpha": 8, "text_encoder.lora_alpha": 4, ...} to one object a component.
std::map<std::string, json> SplitByComponent(const json& flat) {
  std::map<std::string, json> components;
  for (const auto& [key, value] : flat.items()) {
    for (const char* component : {"unet", "text_encoder", "text_encoder_2"}) {
      absl::string_view field = key;
      if (!absl::ConsumePrefix(&field, absl::StrCat(component, "."))) continue;
      components[component][std::string(field)] = value;
    }
  }
  return components;
}

}  // namespace

absl::StatusOr<LoraScaling> LoraScaling::FromJson(const json& config) {
  LoraScaling scaling;
  const auto number = [&config](const char* key) { return config.value(key, json()); };
  if (number("use_dora") == true) {
    return absl::InvalidArgumentError("the LoRA config has use_dora, which is not supported");
  }
  scaling.rslora_ = number("use_rslora") == true;
  if (const json alpha = number("lora_alpha"); alpha.is_number()) {
    scaling.alpha_ = alpha.get<double>();
  } else if (!alpha.is_null()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the LoRA config's lora_alpha is ", alpha.dump(), ", must be a number"));
  }
  const json patterns = number("alpha_pattern");
  if (!patterns.is_object()) return scaling;
  for (const auto& [key, alpha] : patterns.items()) {
    if (!alpha.is_number()) continue;
    scaling.alpha_patterns_[LoraModuleName(absl::StripPrefix(key, "^"))] = alpha.get<double>();
  }
  return scaling;
}

double LoraScaling::ScaleOf(const std::string& module, double rank) const {
  double alpha = alpha_;
  for (const auto& [pattern, value] : alpha_patterns_) {
    // peft's patterns match a module's whole name or its end behind a dot.
    if (module == pattern || absl::EndsWith(module, absl::StrCat("_", pattern))) alpha = value;
  }
  return alpha / (rslora_ ? std::sqrt(rank) : rank);
}

absl::StatusOr<std::map<std::string, LoraScaling>> ReadLoraScalings(
    const std::map<std::string, std::string>& metadata, const std::string& adapter_config) {
  std::map<std::string, json> configs;
  if (const auto found = metadata.find(kMetadataKey); found != metadata.end()) {
    const json flat = json::parse(found->second, nullptr, /*allow_exceptions=*/false);
    if (!flat.is_object()) {
      return absl::InvalidArgumentError(absl::StrCat(kMetadataKey, " is not a JSON object"));
    }
    configs = SplitByComponent(flat);
  } else if (!adapter_config.empty()) {
    configs["unet"] = json::parse(adapter_config, nullptr, /*allow_exceptions=*/false);
    if (!configs["unet"].is_object()) {
      return absl::InvalidArgumentError("adapter_config.json is not a JSON object");
    }
  }
  std::map<std::string, LoraScaling> scalings;
  for (const auto& [component, config] : configs) {
    STROBE_ASSIGN_OR_RETURN(scalings[component], LoraScaling::FromJson(config));
  }
  return scalings;
}

}  // namespace strobe::model
