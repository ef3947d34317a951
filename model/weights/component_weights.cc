#include "model/weights/component_weights.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/weights/safetensors_file.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

// What diffusers (UNet, VAE) and transformers (text encoder) call the file.
constexpr const char* kStems[] = {"diffusion_pytorch_model", "model"};

absl::Status IndexError(const fs::path& index, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(index.string(), ": ", what));
}

bool IsPlainFileName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string("/\\\0", 3)) == std::string::npos;
}

// The weight_map of a sharded checkpoint: file name to the tensors in it.
absl::StatusOr<std::map<std::string, std::set<std::string>>> ReadIndex(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const auto index = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    return IndexError(path, "not a JSON object with a weight_map");
  }
  std::map<std::string, std::set<std::string>> shards;
  for (const auto& [tensor, shard] : index["weight_map"].items()) {
    if (!shard.is_string() || !IsPlainFileName(shard.get<std::string>())) {
      return IndexError(path, absl::StrCat("'", tensor, "' must be in a file of the same folder"));
    }
    shards[shard.get<std::string>()].insert(tensor);
  }
  return shards;
}

absl::StatusOr<StateDict> ReadShards(const fs::path& index_path) {
  const auto shards = ReadIndex(index_path);
  if (!shards.ok()) return shards.status();
  StateDict all;
  for (const auto& [file, expected] : *shards) {
    absl::StatusOr<SafetensorsContents> shard =
        ReadSafetensors((index_path.parent_path() / file).string());
    if (!shard.ok()) return shard.status();
    for (const std::string& name : expected) {
      const auto found = shard->tensors.find(name);
      if (found == shard->tensors.end()) {
        return IndexError(index_path, absl::StrCat("'", name, "' is not in ", file));
      }
      all[name] = found->second;
    }
  }
  return all;
}

bool IsPickle(const std::string& extension) {
  return extension == ".bin" || extension == ".pt" || extension == ".pth" || extension == ".ckpt";
}

// Why there is nothing to read in `folder`.
absl::Status NoWeights(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(absl::StrCat("the folder ", folder.string(), " does not exist"));
  }
  std::set<std::string> pickles;
  std::set<std::string> others;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (IsPickle(entry.path().extension().string())) pickles.insert(name);
    if (entry.path().extension() == ".safetensors") others.insert(name);
  }
  if (pickles.empty() || !others.empty()) {
    return absl::NotFoundError(absl::StrCat(
        folder.string(), " has no diffusion_pytorch_model.safetensors or model.safetensors",
        others.empty() ? "" : absl::StrCat("; variants like ", *others.begin(), " are not read")));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      folder.string(), "/", *pickles.begin(), " is a pickle file, which can run code when it is ",
      "read: convert it once, in Python, with ",
      "pipeline.save_pretrained(\"<folder>\", safe_serialization=True)"));
}

}  // namespace

absl::StatusOr<StateDict> ReadComponentWeights(const std::string& folder) {
  std::error_code error;
  for (const char* stem : kStems) {
    const fs::path file = fs::path(folder) / absl::StrCat(stem, ".safetensors");
    if (fs::exists(file, error)) {
      absl::StatusOr<SafetensorsContents> contents = ReadSafetensors(file.string());
      if (!contents.ok()) return contents.status();
      return std::move(contents->tensors);
    }
    const fs::path index = fs::path(folder) / absl::StrCat(stem, ".safetensors.index.json");
    if (fs::exists(index, error)) return ReadShards(index);
  }
  return NoWeights(folder);
}

}  // namespace strobe::model
