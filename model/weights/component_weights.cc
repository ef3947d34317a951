#include "model/weights/component_weights.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
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
  STROBE_ASSIGN_OR_RETURN(const auto shards, ReadIndex(index_path));
  StateDict all;
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
  std::vector<std::string> problems;
  for (const auto& [file, expected] : shards) {
    absl::StatusOr<SafetensorsContents> shard =
        ReadSafetensors((index_path.parent_path() / file).string());
    if (!shard.ok()) {
      if (problems.empty()) code = shard.status().code();
      problems.emplace_back(shard.status().message());
      continue;
    }
    for (const std::string& name : expected) {
      const auto found = shard->tensors.find(name);
      if (found == shard->tensors.end()) {
        problems.push_back(absl::StrCat("'", name, "' is not in ", file));
      } else {
        all[name] = found->second;
      }
    }
  }
  if (problems.empty()) return all;
  return absl::Status(code, absl::StrCat(index_path.string(), ": ", absl::StrJoin(problems, "; ")));
}

bool IsPickle(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".bin" || extension == ".pt" || extension == ".pth" || extension == ".ckpt";
}

// Why there is nothing to read in `folder`.
absl::Status NoWeights(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(absl::StrCat("the folder ", folder.string(), " does not exist"));
  }
  std::set<std::string> pickles;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (IsPickle(entry.path())) pickles.insert(entry.path().string());
  }
  if (!pickles.empty()) return RefusePickle(*pickles.begin());
  return absl::NotFoundError(absl::StrCat(
      folder.string(), " has no diffusion_pytorch_model.safetensors or model.safetensors"));
}

// The file or index of `variant` (empty: plain) in `folder`; empty: there is none.
fs::path FindWeights(const fs::path& folder, const std::string& variant) {
  const std::string dotted = variant.empty() ? "" : absl::StrCat(".", variant);
  std::error_code error;
  for (const char* stem : kStems) {
    for (const std::string& name : {absl::StrCat(stem, dotted, ".safetensors"),
                                    absl::StrCat(stem, ".safetensors.index", dotted, ".json"),
                                    absl::StrCat(stem, dotted, ".safetensors.index.json")}) {
      if (fs::exists(folder / name, error)) return folder / name;
    }
  }
  return {};
}

// The variants whose files or indexes are in `folder`: fp16 first, then by name.
std::vector<std::string> VariantsIn(const fs::path& folder) {
  std::set<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    for (const char* stem : kStems) {
      absl::string_view file = name;
      absl::string_view index = name;
      if (absl::ConsumePrefix(&file, absl::StrCat(stem, ".")) &&
          absl::ConsumeSuffix(&file, ".safetensors")) {
        found.insert(std::string(file));
      }
      if (absl::ConsumePrefix(&index, absl::StrCat(stem, ".safetensors.index.")) &&
          absl::ConsumeSuffix(&index, ".json")) {
        found.insert(std::string(index));
      }
    }
  }
  std::vector<std::string> variants(found.begin(), found.end());
  std::stable_partition(variants.begin(), variants.end(),
                        [](const std::string& name) { return name == "fp16"; });
  return variants;
}

absl::StatusOr<StateDict> ReadFileOrShards(const fs::path& path) {
  if (path.extension() == ".json") return ReadShards(path);
  STROBE_RETURN_IF_ERROR(RefusePickle(path.string()));
  STROBE_ASSIGN_OR_RETURN(SafetensorsContents contents, ReadSafetensors(path.string()));
  return std::move(contents.tensors);
}

}  // namespace

absl::StatusOr<StateDict> ReadComponentWeights(const std::string& path,
                                               const std::string& variant) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) return ReadFileOrShards(path);
  std::vector<std::string> candidates = {variant, ""};
  for (const std::string& found : VariantsIn(path)) candidates.push_back(found);
  for (const std::string& candidate : candidates) {
    const fs::path weights = FindWeights(path, candidate);
    if (!weights.empty()) return ReadFileOrShards(weights);
  }
  return NoWeights(path);
}

absl::Status RefusePickle(const std::string& path) {
  if (!IsPickle(path)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, " is a pickle file, which can run code when it is read: convert it once, in Python, ",
      "with pipeline.save_pretrained(\"<folder>\", safe_serialization=True), or a bare state dict ",
      "with safetensors.torch.save_file(torch.load(\"<file>\", weights_only=True), ",
      "\"<file>.safetensors\")"));
}

}  // namespace strobe::model
