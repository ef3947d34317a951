#include "model/output/output_kind.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file_io.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kTokenizerFiles[] = {"vocab.json", "merges.txt",
                                                 "special_tokens_map.json", "tokenizer_config.json",
                                                 "tokenizer.json"};

constexpr absl::string_view kModelFiles[] = {"README.md",
                                             "model_index.json",
                                             "pytorch_lora_weights.safetensors",
                                             "scheduler/scheduler_config.json",
                                             "strobe.json",
                                             "text_encoder/config.json",
                                             "text_encoder/model.safetensors",
                                             "text_encoder_2/config.json",
                                             "text_encoder_2/model.safetensors",
                                             "unet/config.json",
                                             "unet/diffusion_pytorch_model.safetensors",
                                             "vae/config.json",
                                             "vae/diffusion_pytorch_model.safetensors"};
constexpr absl::string_view kTokenizerFolders[] = {"tokenizer/", "tokenizer_2/"};

constexpr absl::string_view kCriticFiles[] = {"critic.json", "critic.safetensors",
                                              "text_config.json"};

// Every model card of an earlier release has this line.
constexpr absl::string_view kCardLine =
    "A text-to-image model in the diffusers layout, made by `strobe-model` from drawn scenes";
constexpr uint64_t kMaxCardBytes = 1 << 20;

// What a checkpoint of training says in its header, which is sorted by name.
constexpr absl::string_view kCheckpointMark = "\"steps_done\"";
constexpr size_t kHeaderStart = 1 << 16;

template <typename List>
bool Has(const List& list, absl::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool Exists(const std::string& folder, absl::string_view name) {
  std::error_code error;
  return fs::is_regular_file(absl::StrCat(folder, "/", name), error);
}

bool IsCheckpoint(const fs::path& path) {
  if (path.extension() != ".safetensors") return false;
  std::ifstream file(path, std::ios::binary);
  std::string start(kHeaderStart, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  return absl::StrContains(start, kCheckpointMark);
}

bool HoldsCheckpoints(const std::string& folder) {
  std::error_code error;
  const fs::directory_iterator entries(folder, error);
  return std::any_of(begin(entries), end(entries),
                     [](const fs::directory_entry& entry) { return IsCheckpoint(entry.path()); });
}

bool HoldsMeasuredRows(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(absl::StrCat(folder, "/sheets"), error)) return false;
  const auto rows = ReadFile(absl::StrCat(folder, "/rows.json"));
  return rows.ok() && nlohmann::json::parse(*rows, nullptr, false).is_object();
}

}  // namespace

absl::string_view OutputKindName(OutputKind kind) {
  constexpr std::array<absl::string_view, 4> kNames = {"model", "critic", "work folder",
                                                       "evaluation"};
  return kNames.at(static_cast<size_t>(kind));
}

bool IsFileOf(OutputKind kind, absl::string_view name) {
  if (kind == OutputKind::kCritic) return Has(kCriticFiles, name) || Has(kTokenizerFiles, name);
  assert(kind == OutputKind::kModel);
  return Has(kModelFiles, name) ||
         std::any_of(std::begin(kTokenizerFolders), std::end(kTokenizerFolders),
                     [name](absl::string_view folder) {
                       return absl::StartsWith(name, folder) &&
                              Has(kTokenizerFiles, name.substr(folder.size()));
                     });
}

bool LooksLike(OutputKind kind, const std::string& folder) {
  switch (kind) {
    case OutputKind::kModel: {
      const auto card = ReadFile(absl::StrCat(folder, "/README.md"), kMaxCardBytes);
      return card.ok() && absl::StrContains(*card, kCardLine) && Exists(folder, "strobe.json") &&
             Exists(folder, "model_index.json");
    }
    case OutputKind::kCritic:
      return Exists(folder, "critic.safetensors") && Exists(folder, "text_config.json");
    case OutputKind::kWork:
      return HoldsCheckpoints(folder);
    case OutputKind::kEvaluation:
      return HoldsMeasuredRows(folder);
  }
  return false;
}

}  // namespace strobe::model
