#include "workload/workload_file.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/json_reader.h"
#include "base/status_macros.h"

namespace strobe::workload {
namespace {

using Json = nlohmann::json;

absl::Duration GetDuration(JsonReader& reader, const char* key, absl::Duration default_value) {
  const Json* json = reader.Find(key);
  if (json == nullptr) return default_value;
  absl::Duration value;
  if (json->is_number()) value = absl::Seconds(json->get<double>());
  if (!json->is_number() &&
      (!json->is_string() || !absl::ParseDuration(json->get<std::string>(), &value))) {
    reader.AddMismatch(key, "a duration: \"250ms\" or a number of seconds");
    return default_value;
  }
  if (value < absl::ZeroDuration()) reader.AddProblem(key, "is negative");
  return value;
}

// The elements of the list at `key`, or the value itself.
template <typename Read>
void OneOrMany(JsonReader& reader, const char* key, Read read) {
  const Json* json = reader.Find(key);
  if (json != nullptr && json->is_array() && json->empty()) {
    return reader.AddProblem(key, "is an empty list");
  }
  reader.ForEachOrOne(key, read);
}

constexpr double kMaxCount = 1e6;

void ReadLists(JsonReader& reader, RequestClass& result) {
  const auto add_prompt = [&](const std::string& name, const Json& json) {
    if (!json.is_string()) return reader.AddProblem(name, "is no string");
    result.prompts.push_back(json.get<std::string>());
  };
  if (reader.Has("prompts") || reader.Has("prompt")) result.prompts.clear();
  OneOrMany(reader, "prompts", add_prompt);
  OneOrMany(reader, "prompt", add_prompt);

  const auto add_size = [&](const std::string& name, const Json& json) {
    const auto size = ParseImageSize(json.is_string() ? json.get<std::string>() : json.dump());
    if (!size.ok()) return reader.AddProblem(name, size.status().message());
    result.sizes.push_back(*size);
  };
  if (reader.Has("sizes") || reader.Has("size")) result.sizes.clear();
  OneOrMany(reader, "sizes", add_size);
  OneOrMany(reader, "size", add_size);

  if (reader.Has("steps")) result.steps.clear();
  OneOrMany(reader, "steps", [&](const std::string& name, const Json& json) {
    const double count = json.is_number() ? json.get<double>() : -1;
    if (!(count >= 0 && count <= kMaxCount)) {
      return reader.AddProblem(name, absl::StrCat("must be a number from 0 to ", kMaxCount));
    }
    result.steps.push_back(static_cast<int>(count));
  });
}

int GetCount(JsonReader& reader, const char* key, int default_value, double least = 0,
             double most = kMaxCount) {
  return static_cast<int>(reader.GetDouble(key, default_value, {least, most}));
}

void ReadCancellation(JsonReader& reader, RequestClass& result) {
  if (!reader.Has("cancel")) return;
  JsonReader cancel = reader.GetObject("cancel");
  result.cancel_share = cancel.GetDouble("share", 1, {0, 1});
  result.cancel_after = GetDuration(cancel, "after", result.cancel_after);
  cancel.RefuseUnknownKeys();
}

// Its problems are the reader's.
RequestClass ReadClass(JsonReader& reader) {
  RequestClass result;
  ReadLists(reader, result);
  result.name = reader.GetString("name", result.name);
  result.weight = reader.GetDouble("weight", result.weight, {1e-9, 1e9});
  result.model = reader.GetString("model", result.model);
  result.negative_prompt = reader.GetString("negative_prompt", result.negative_prompt);
  if (reader.Has("guidance_scale")) {
    result.guidance_scale = reader.GetDouble("guidance_scale", 0, {0, 1000});
  }
  result.min_steps = GetCount(reader, "min_steps", result.min_steps);
  result.num_images = GetCount(reader, "num_images", result.num_images, 1);
  result.partial_images = GetCount(reader, "partial_images", result.partial_images);
  result.format = reader.GetChoice<std::string>(
      "format", {{"png", "png"}, {"jpeg", "jpeg"}, {"webp", "webp"}, {"raw", "raw"}},
      result.format);
  result.quality = GetCount(reader, "quality", result.quality, 0, 100);
  result.best_effort =
      reader.GetChoice<bool>("deadline_policy", {{"fail", false}, {"best_effort", true}}, false);
  result.batch_priority =
      reader.GetChoice<bool>("priority", {{"interactive", false}, {"batch", true}}, false);
  result.deadline = GetDuration(reader, "deadline", result.deadline);
  result.slo = GetDuration(reader, "slo", result.slo);
  ReadCancellation(reader, result);
  return result;
}

// Collects the lines of a trace; lines that differ in nothing but the drawn values share a class.
class TraceBuilder {
 public:
  absl::Status Add(absl::string_view line, const std::string& where) {
    STROBE_ASSIGN_OR_RETURN(const Json json, ParseJson(line, where));
    JsonReader reader(where, json);
    TraceEntry entry;
    reader.Require("arrival");
    entry.arrival = GetDuration(reader, "arrival", entry.arrival);
    if (reader.Has("seed")) entry.draw.seed = reader.GetUint64("seed", 0);
    const RequestClass parsed = ReadClass(reader);
    reader.RefuseUnknownKeys();
    STROBE_RETURN_IF_ERROR(reader.status());
    entry.draw.size = parsed.sizes.front();
    entry.draw.steps = parsed.steps.front();
    if (parsed.cancel_share > 0) entry.draw.cancel_after = parsed.cancel_after;
    Json rest = json;
    for (const char* drawn : {"arrival", "seed", "prompt", "prompts", "size", "steps", "cancel"}) {
      rest.erase(drawn);
    }
    const auto [known, is_new] = by_text_.try_emplace(rest.dump(), classes_.size());
    if (is_new) {
      classes_.push_back(parsed);
      classes_.back().prompts.clear();
    }
    entry.draw.class_index = static_cast<int>(known->second);
    std::vector<std::string>& prompts = classes_[known->second].prompts;
    entry.draw.prompt_index = static_cast<int>(prompts.size());
    prompts.push_back(parsed.prompts.front());
    entries_.push_back(entry);
    return absl::OkStatus();
  }

  absl::StatusOr<Workload> Build() {
    if (entries_.empty()) return absl::InvalidArgumentError("the trace has no requests");
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
    return Workload(std::move(classes_), std::move(entries_));
  }

 private:
  std::map<std::string, size_t> by_text_;
  std::vector<RequestClass> classes_;
  std::vector<TraceEntry> entries_;
};

}  // namespace

absl::StatusOr<Workload> ParseWorkload(absl::string_view text) {
  STROBE_ASSIGN_OR_RETURN(const Json json, ParseJson(text, "workload"));
  JsonReader reader("workload", json);
  std::vector<RequestClass> classes;
  reader.ForEach("classes", [&](const std::string& name, const Json& value) {
    JsonReader class_reader = reader.ReaderOf(name, value);
    classes.push_back(ReadClass(class_reader));
    class_reader.RefuseUnknownKeys();
  });
  if (classes.empty()) reader.AddProblem("classes", "must be a list with at least one class");
  reader.RefuseUnknownKeys();
  STROBE_RETURN_IF_ERROR(reader.status());
  return Workload(std::move(classes));
}

absl::StatusOr<Workload> ParseTrace(absl::string_view json_lines) {
  TraceBuilder builder;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(json_lines, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    STROBE_RETURN_IF_ERROR(builder.Add(line, absl::StrCat("line ", number)));
  }
  return builder.Build();
}

absl::StatusOr<ImageSize> ParseImageSize(absl::string_view text) {
  const std::vector<absl::string_view> sides = absl::StrSplit(text, 'x');
  ImageSize size;
  if (sides.size() > 2 || !absl::SimpleAtoi(sides.front(), &size.width) ||
      !absl::SimpleAtoi(sides.back(), &size.height) || size.width < 1 || size.height < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no size in pixels: write 128x96, or 128 for a square"));
  }
  return size;
}

}  // namespace strobe::workload
