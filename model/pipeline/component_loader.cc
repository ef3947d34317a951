#include "model/pipeline/component_loader.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

constexpr char kPreviewClass[] = "AutoencoderTiny";

}  // namespace

absl::Status ComponentLoader::InFile(absl::string_view file, const absl::Status& status) const {
  return absl::Status(status.code(),
                      absl::StrCat(directory_.path(), "/", file, ": ", status.message()));
}

absl::Status ComponentLoader::CheckClass(const ComponentSpec& spec) const {
  const std::string found = directory_.ComponentClass(spec.folder);
  for (const std::string& name : spec.classes) {
    if (found == name) return absl::OkStatus();
  }
  const std::string what = found.empty() ? "is missing" : absl::StrCat("is a '", found, "'");
  return InFile("model_index.json", absl::InvalidArgumentError(absl::StrCat(
                                        "the ", spec.folder, " ", what,
                                        ", supported: ", absl::StrJoin(spec.classes, ", "))));
}

absl::StatusOr<StateDictLoader> ComponentLoader::ReadTensors(const std::string& folder,
                                                             at::ScalarType dtype) {
  STROBE_ASSIGN_OR_RETURN(StateDict weights, directory_.ReadWeights(folder));
  StateDictLoader::Options options;
  options.device = options_.device;
  options.dtype = dtype;
  options.for_inference = true;
  options.adapt = [this, folder](const std::string& name, const at::Tensor& weight) {
    return lora_.Fuse(folder, name, weight);
  };
  return StateDictLoader(folder, std::move(weights), options);
}

absl::StatusOr<std::unique_ptr<ImageAutoencoder>> ComponentLoader::LoadAutoencoder(
    const ComponentSpec& spec, LatentStatistics statistics) {
  STROBE_RETURN_IF_ERROR(CheckClass(spec));
  STROBE_ASSIGN_OR_RETURN(const nlohmann::json config,
                          directory_.ReadJson(spec.folder, "config.json"));
  const std::string class_name = directory_.ComponentClass(spec.folder);
  return LoadNetwork<ImageAutoencoder>(
      spec.folder, DecoderDtype(class_name, config, options_.dtype),
      [&](const nlohmann::json& json, StateDictLoader& loader) {
        return ImageAutoencoder::Create(class_name, json, statistics,
                                        ImageAutoencoder::Halves::kDecoder, loader);
      });
}

absl::StatusOr<std::unique_ptr<ImageDecoder>> ComponentLoader::LoadPreviewDecoder(
    LatentStatistics statistics) {
  const std::string& folder = directory_.manifest().preview_decoder;
  if (folder.empty()) return std::unique_ptr<ImageDecoder>();
  return LoadNetwork<ImageDecoder>(
      folder, options_.dtype,
      [&](const nlohmann::json& json,
          StateDictLoader& loader) -> absl::StatusOr<std::unique_ptr<ImageDecoder>> {
        const std::string class_name = json.value("_class_name", kPreviewClass);
        if (class_name == kPreviewClass) {
          return CreateImageDecoder(class_name, json, statistics, loader);
        }
        return absl::InvalidArgumentError(
            absl::StrCat("a preview decoder is an ", kPreviewClass, ", not a '", class_name, "'"));
      });
}

}  // namespace strobe::model
