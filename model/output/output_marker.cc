#include "model/output/output_marker.h"

#include <fstream>

#include <libdeflate.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/json_reader.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxMarkerBytes = 1 << 20;
constexpr size_t kChunkBytes = 1 << 20;
constexpr int64_t kMaxFileBytes = int64_t{1} << 62;
constexpr int64_t kMaxCrc = 0xffffffff;

std::string PathIn(const std::string& folder) { return absl::StrCat(folder, "/", kMarkerName); }

}  // namespace

std::optional<OutputMarker> ReadMarker(const std::string& folder) {
  const auto text = ReadFile(PathIn(folder), kMaxMarkerBytes);
  if (!text.ok()) return std::nullopt;
  const auto parsed = ParseJson(*text, kMarkerName);
  if (!parsed.ok()) return std::nullopt;
  JsonReader reader(kMarkerName, *parsed);
  OutputMarker marker;
  reader.Require("kind");
  marker.kind = reader.GetChoice<OutputKind>("kind",
                                             {{"model", OutputKind::kModel},
                                              {"critic", OutputKind::kCritic},
                                              {"work folder", OutputKind::kWork},
                                              {"evaluation", OutputKind::kEvaluation}},
                                             OutputKind::kModel);
  marker.complete = reader.GetBool("complete", false);
  reader.ForEach("files", [&](const std::string& name, const json& value) {
    JsonReader file = reader.ReaderOf(name, value);
    FileFacts& facts = marker.files[file.GetNonEmptyString("name", "")];
    facts.bytes = static_cast<uint64_t>(file.GetInt("bytes", 0, {0, kMaxFileBytes}));
    facts.crc32 = static_cast<uint32_t>(file.GetInt("crc32", 0, {0, kMaxCrc}));
  });
  if (!reader.ok()) return std::nullopt;
  return marker;
}

absl::Status WriteMarker(const std::string& folder, const OutputMarker& marker) {
  json files = json::array();
  for (const auto& [name, facts] : marker.files) {
    files.push_back({{"name", name}, {"bytes", facts.bytes}, {"crc32", facts.crc32}});
  }
  const json root = {{"kind", std::string(OutputKindName(marker.kind))},
                     {"complete", marker.complete},
                     {"files", files},
                     {"about",
                      "strobe-model wrote this folder; it replaces or removes these files "
                      "alone, and only while they are as it wrote them"}};
  return WriteFile(PathIn(folder), root.dump(2) + "\n");
}

absl::StatusOr<FileFacts> FactsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string chunk(kChunkBytes, '\0');
  FileFacts facts;
  while (file) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto count = static_cast<size_t>(file.gcount());
    facts.bytes += count;
    facts.crc32 = libdeflate_crc32(facts.crc32, chunk.data(), count);
  }
  if (!file.eof()) return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
  return facts;
}

absl::Status AddToMarker(const std::string& folder, const std::vector<std::string>& names) {
  std::optional<OutputMarker> marker = ReadMarker(folder);
  if (!marker.has_value() || marker->kind != OutputKind::kModel || !marker->complete) {
    return absl::OkStatus();
  }
  for (const std::string& name : names) {
    STROBE_ASSIGN_OR_RETURN(marker->files[name], FactsOf(absl::StrCat(folder, "/", name)));
  }
  return WriteMarker(folder, *marker);
}

}  // namespace strobe::model
