#include "workload/workload_file.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace strobe::workload {
namespace {

using Json = nlohmann::json;

// Reads the keys of one JSON object; remembers the first thing that is wrong, and which keys it was
// asked for.
class ObjectReader {
 public:
  ObjectReader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) Fail("", "is not a JSON object");
  }

  template <typename T>
  void Number(const char* key, T& value, double least, double most) {
    if (const Json* json = Find(key)) value = static_cast<T>(Checked(key, *json, least, most));
  }

  void Text(const char* key, std::string& value) {
    const Json* json = Find(key);
    if (json == nullptr) return;
    if (!json->is_string()) return Fail(key, "is not a string");
    value = json->get<std::string>();
  }

  // One of `choices`.
  void Choice(const char* key, std::string& value, const std::set<std::string>& choices) {
    Text(key, value);
    if (Has(key) && choices.count(value) == 0) {
      Fail(key, absl::StrCat("'", value, "' is none of ", absl::StrJoin(choices, ", ")));
    }
  }

  void Duration(const char* key, absl::Duration& value) {
    const Json* json = Find(key);
    if (json == nullptr) return;
    if (json->is_number()) value = absl::Seconds(json->get<double>());
    if (!json->is_number() &&
        (!json->is_string() || !absl::ParseDuration(json->get<std::string>(), &value))) {
      return Fail(key, "is no duration: write \"250ms\" or a number of seconds");
    }
    if (value < absl::ZeroDuration()) Fail(key, "is negative");
  }

  // The elements of a list, or the value itself.
  template <typename Read>
  void OneOrMany(const char* key, Read read) {
    const Json* json = Find(key);
    if (json == nullptr) return;
    const Json list = json->is_array() ? *json : Json::array({*json});
    if (list.empty()) return Fail(key, "is an empty list");
    for (const Json& each : list) read(each);
  }

  double Checked(const char* key, const Json& json, double least, double most) {
    const double value = json.is_number() ? json.get<double>() : NAN;
    if (!(value >= least && value <= most)) {
      Fail(key, absl::StrCat("is no number from ", least, " to ", most));
      return least;
    }
    return value;
  }

  bool Has(const char* key) const { return json_.is_object() && json_.contains(key); }
  const Json* Find(const char* key) {
    known_.insert(key);
    return Has(key) ? &json_.at(key) : nullptr;
  }

  void Fail(absl::string_view key, absl::string_view what) {
    if (!status_.ok()) return;
    const std::string name = key.empty() ? where_ : absl::StrCat(where_, ".", key);
    status_ = absl::InvalidArgumentError(absl::StrCat(name, " ", what));
  }

  // The first error; a key that nothing asked for is one.
  absl::Status Finish() {
    if (!json_.is_object()) return status_;
    for (const auto& [key, unused] : json_.items()) {
      if (known_.count(key) == 0) Fail(key, "is not a known key");
    }
    return status_;
  }

 private:
  const Json& json_;
  const std::string where_;
  std::set<std::string> known_;
  absl::Status status_;
};

constexpr double kMaxCount = 1e6;

void ReadLists(ObjectReader& reader, RequestClass& result) {
  const auto add_prompt = [&](const Json& json) {
    if (!json.is_string()) return reader.Fail("prompts", "holds something that is no string");
    result.prompts.push_back(json.get<std::string>());
  };
  if (reader.Has("prompts") || reader.Has("prompt")) result.prompts.clear();
  reader.OneOrMany("prompts", add_prompt);
  reader.OneOrMany("prompt", add_prompt);

  const auto add_size = [&](const Json& json) {
    const auto size = ParseImageSize(json.is_string() ? json.get<std::string>() : json.dump());
    if (!size.ok()) return reader.Fail("sizes", size.status().message());
    result.sizes.push_back(*size);
  };
  if (reader.Has("sizes") || reader.Has("size")) result.sizes.clear();
  reader.OneOrMany("sizes", add_size);
  reader.OneOrMany("size", add_size);

  if (reader.Has("steps")) result.steps.clear();
  reader.OneOrMany("steps", [&](const Json& json) {
    result.steps.push_back(static_cast<int>(reader.Checked("steps", json, 0, kMaxCount)));
  });
}

absl::StatusOr<RequestClass> ReadClass(ObjectReader& reader, const std::string& where) {
  RequestClass result;
  ReadLists(reader, result);
  reader.Text("name", result.name);
  reader.Number("weight", result.weight, 1e-9, 1e9);
  reader.Text("model", result.model);
  reader.Text("negative_prompt", result.negative_prompt);
  if (reader.Has("guidance_scale")) {
    reader.Number("guidance_scale", result.guidance_scale.emplace(), 0, 1000);
  }
  reader.Number("min_steps", result.min_steps, 0, kMaxCount);
  reader.Number("num_images", result.num_images, 1, kMaxCount);
  reader.Number("partial_images", result.partial_images, 0, kMaxCount);
  reader.Choice("format", result.format, {"png", "jpeg", "webp", "raw"});
  reader.Number("quality", result.quality, 0, 100);
  std::string policy = "fail";
  reader.Choice("deadline_policy", policy, {"fail", "best_effort"});
  result.best_effort = policy == "best_effort";
  std::string priority = "interactive";
  reader.Choice("priority", priority, {"interactive", "batch"});
  result.batch_priority = priority == "batch";
  reader.Duration("deadline", result.deadline);
  reader.Duration("slo", result.slo);
  if (const Json* cancel = reader.Find("cancel")) {
    ObjectReader nested(*cancel, where + ".cancel");
    result.cancel_share = 1;
    nested.Number("share", result.cancel_share, 0, 1);
    nested.Duration("after", result.cancel_after);
    if (const absl::Status status = nested.Finish(); !status.ok()) return status;
  }
  if (const absl::Status status = reader.Finish(); !status.ok()) return status;
  return result;
}

absl::StatusOr<Json> ParseJson(absl::string_view text) {
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError("is not JSON");
  return json;
}

// Collects the lines of a trace; lines that differ in nothing but the drawn values share a class.
class TraceBuilder {
 public:
  absl::Status Add(absl::string_view line, const std::string& where) {
    const auto json = ParseJson(line);
    if (!json.ok()) return absl::InvalidArgumentError(where + " is not JSON");
    ObjectReader reader(*json, where);
    TraceEntry entry;
    if (!reader.Has("arrival")) reader.Fail("arrival", "is missing");
    reader.Duration("arrival", entry.arrival);
    if (const Json* seed = reader.Find("seed")) {
      if (!seed->is_number_unsigned()) reader.Fail("seed", "is no number from 0");
      entry.draw.seed = seed->is_number_unsigned() ? seed->get<uint64_t>() : 0;
    }
    const auto parsed = ReadClass(reader, where);
    if (!parsed.ok()) return parsed.status();
    entry.draw.size = parsed->sizes.front();
    entry.draw.steps = parsed->steps.front();
    if (parsed->cancel_share > 0) entry.draw.cancel_after = parsed->cancel_after;
    Json rest = *json;
    for (const char* drawn : {"arrival", "seed", "prompt", "prompts", "size", "steps", "cancel"}) {
      rest.erase(drawn);
    }
    const auto [known, is_new] = by_text_.try_emplace(rest.dump(), classes_.size());
    if (is_new) {
      classes_.push_back(*parsed);
      classes_.back().prompts.clear();
    }
    entry.draw.class_index = static_cast<int>(known->second);
    std::vector<std::string>& prompts = classes_[known->second].prompts;
    entry.draw.prompt_index = static_cast<int>(prompts.size());
    prompts.push_back(parsed->prompts.front());
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
  const auto json = ParseJson(text);
  if (!json.ok()) return absl::InvalidArgumentError("the workload is not JSON");
  ObjectReader reader(*json, "workload");
  const Json* list = reader.Find("classes");
  if (list == nullptr || !list->is_array() || list->empty()) {
    reader.Fail("classes", "must be a list with at least one class");
  }
  if (const absl::Status status = reader.Finish(); !status.ok()) return status;
  std::vector<RequestClass> classes;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string where = absl::StrCat("classes[", i, "]");
    ObjectReader class_reader(list->at(i), where);
    auto parsed = ReadClass(class_reader, where);
    if (!parsed.ok()) return parsed.status();
    classes.push_back(*std::move(parsed));
  }
  return Workload(std::move(classes));
}

absl::StatusOr<Workload> ParseTrace(absl::string_view json_lines) {
  TraceBuilder builder;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(json_lines, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    const absl::Status status = builder.Add(line, absl::StrCat("line ", number));
    if (!status.ok()) return status;
  }
  return builder.Build();
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!(text << file.rdbuf())) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return text.str();
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
