#include "server/simulation/cost_file.h"

#include <limits>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"
#include "server/models/model_registry.h"

namespace strobe::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxInt = std::numeric_limits<int>::max();
constexpr IntRange kAnyInt = {std::numeric_limits<int>::min(), kMaxInt};
constexpr IntRange kPositive = {1, kMaxInt};
constexpr size_t kMaxListLength = 4096;
constexpr char kNothing[] = "there must be costs, devices, lanes and a batch size";

// A key that must be there; 1 when it is wrong.
int ReadInt(JsonReader& reader, const char* key, const IntRange& range) {
  reader.Require(key);
  return static_cast<int>(reader.GetInt(key, 1, range));
}

absl::Duration ReadSeconds(JsonReader& reader, const char* key) {
  reader.Require(key);
  return absl::Seconds(reader.GetDouble(key, 1));
}

// Empty: the problem is noted.
std::string ReadString(JsonReader& reader, const char* key) {
  reader.Require(key);
  return reader.GetNonEmptyString(key, "");
}

model::ModelDescription ReadModel(JsonReader& reader) {
  model::ModelDescription model;
  model.name = ReadString(reader, "name");
  model.default_width = ReadInt(reader, "default_width", kAnyInt);
  model.default_height = ReadInt(reader, "default_height", kAnyInt);
  reader.Require("num_inference_steps");
  const auto steps = reader.GetInts("num_inference_steps", {}, kAnyInt, kMaxListLength);
  model.num_inference_steps.assign(steps.begin(), steps.end());
  model.default_num_inference_steps = ReadInt(reader, "default_num_inference_steps", kAnyInt);
  return model;
}

Stage ReadStage(JsonReader& reader) {
  const std::string name = ReadString(reader, "stage");
  for (const Stage stage : model::kAllStages) {
    if (name == StageName(stage)) return stage;
  }
  if (!name.empty()) reader.AddProblem("stage", absl::StrCat("is '", name, "', which is no stage"));
  return Stage::kDenoise;
}

ModelKey ReadModelKey(JsonReader& reader, const std::vector<ModelHandle>& models) {
  const std::string name = ReadString(reader, "model");
  for (const ModelHandle& model : models) {
    if (model.description().name == name) return model.key();
  }
  if (!name.empty()) {
    reader.AddProblem("model", absl::StrCat("is '", name, "', which is not among the models"));
  }
  return ModelKey();
}

CostModel::Point ReadPoint(JsonReader& reader, const std::vector<ModelHandle>& models) {
  CostModel::Point point;
  point.stage = ReadStage(reader);
  const ModelKey model = ReadModelKey(reader, models);
  const int width = ReadInt(reader, "width", kPositive);
  point.key = KeyOf(model, width, ReadInt(reader, "height", kPositive));
  point.batch_size = ReadInt(reader, "batch_size", kPositive);
  point.mean = ReadSeconds(reader, "mean_seconds");
  point.best = ReadSeconds(reader, "best_seconds");
  if (point.best <= absl::ZeroDuration() || point.mean < point.best) {
    reader.AddProblem("best_seconds", "must be above 0 and not above mean_seconds");
  }
  return point;
}

// Costs without a device are those of every device. Stops at the first cost that is wrong: a file
// has thousands, and what is wrong with one is wrong with all.
absl::StatusOr<DeviceCosts> ReadCosts(JsonReader& reader, const CostFile& file) {
  const int devices = static_cast<int>(file.devices.size());
  std::vector<CostModel> costs(devices);
  bool alike = true;
  reader.Require("costs");
  reader.ForEach("costs", [&](const std::string& name, const nlohmann::json& value) {
    if (!reader.ok()) return;
    JsonReader cost = reader.ReaderOf(name, value);
    const CostModel::Point point = ReadPoint(cost, file.models);
    const bool of_one = cost.Has("device");
    const int64_t device = cost.GetInt("device", 0, {0, devices - 1});
    if (!reader.ok()) return;
    alike &= !of_one;
    for (int each = 0; each < devices; ++each) {
      if (!of_one || each == device) costs[each].Restore(point);
    }
  });
  STROBE_RETURN_IF_ERROR(reader.status());
  for (const CostModel& each : costs) {
    if (each.Points().empty()) return absl::InvalidArgumentError(kNothing);
  }
  return alike ? DeviceCosts(std::move(costs.front())) : DeviceCosts(std::move(costs));
}

absl::StatusOr<CostFile> Read(JsonReader reader) {
  const int version = ReadInt(reader, "schema_version", kAnyInt);
  STROBE_RETURN_IF_ERROR(reader.status());
  if (version != kCostFileSchemaVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("schema_version is not ", kCostFileSchemaVersion));
  }
  CostFile file;
  reader.Require("devices");
  file.devices = reader.GetStrings("devices", {}, kMaxListLength);
  file.lanes = ReadInt(reader, "lanes", kPositive);
  file.max_batch_size = ReadInt(reader, "max_batch_size", kPositive);
  ModelRegistry registry;
  reader.Require("models");
  reader.ForEach("models", [&](const std::string& name, const nlohmann::json& value) {
    JsonReader model = reader.ReaderOf(name, value);
    model::ModelDescription description = ReadModel(model);
    if (registry.Find(description.name).ok()) {
      model.AddProblem("name", "is that of another model");
    } else {
      registry.Add(registry.NewKey(), std::move(description));
    }
  });
  STROBE_RETURN_IF_ERROR(reader.status());
  file.models = registry.List();
  STROBE_ASSIGN_OR_RETURN(file.costs, ReadCosts(reader, file));
  return file;
}

}  // namespace

std::string CostFileAsJson(const CostFile& file) {
  Json json;
  json["schema_version"] = kCostFileSchemaVersion;
  json["devices"] = file.devices;
  json["lanes"] = file.lanes;
  json["max_batch_size"] = file.max_batch_size;
  json["models"] = Json::array();
  std::map<uint32_t, std::string> names;
  for (const ModelHandle& served : file.models) {
    const model::ModelDescription& model = served.description();
    names[served.key().model] = model.name;
    json["models"].push_back({{"name", model.name},
                              {"default_width", model.default_width},
                              {"default_height", model.default_height},
                              {"num_inference_steps", model.num_inference_steps},
                              {"default_num_inference_steps", model.default_num_inference_steps}});
  }
  json["costs"] = Json::array();
  const bool by_device = !file.costs.alike();
  for (int device = 0; device < static_cast<int>(file.costs.all().size()); ++device) {
    for (const CostModel::Point& point : file.costs.of(device).Points()) {
      Json cost = {{"model", names.at(point.key.model)},
                   {"stage", std::string(StageName(point.stage))},
                   {"width", point.key.width},
                   {"height", point.key.height},
                   {"batch_size", point.batch_size},
                   {"mean_seconds", absl::ToDoubleSeconds(point.mean)},
                   {"best_seconds", absl::ToDoubleSeconds(point.best)}};
      if (by_device) cost["device"] = device;
      json["costs"].push_back(std::move(cost));
    }
  }
  return json.dump(1) + "\n";
}

absl::StatusOr<CostFile> ParseCostFile(absl::string_view text) {
  constexpr char kSubject[] = "the cost model";
  STROBE_ASSIGN_OR_RETURN(const nlohmann::json json, ParseJson(text, kSubject));
  return Read(JsonReader(kSubject, json));
}

}  // namespace strobe::server
