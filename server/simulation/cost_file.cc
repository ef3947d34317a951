#include "server/simulation/cost_file.h"

#include <map>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/models/model_registry.h"

namespace strobe::server {
namespace {

using Json = nlohmann::ordered_json;

absl::StatusOr<Stage> StageOf(const std::string& name) {
  for (const Stage stage : model::kAllStages) {
    if (name == StageName(stage)) return stage;
  }
  return absl::InvalidArgumentError(absl::StrCat("'", name, "' is no stage"));
}

absl::StatusOr<ModelKey> Find(const std::string& name, const std::vector<ModelHandle>& models) {
  for (const ModelHandle& model : models) {
    if (model.description().name == name) return model.key();
  }
  return absl::InvalidArgumentError(absl::StrCat("'", name, "' is not among the models"));
}

model::ModelDescription ReadModel(const Json& json) {
  model::ModelDescription model;
  model.name = json.at("name").get<std::string>();
  model.default_width = json.at("default_width").get<int>();
  model.default_height = json.at("default_height").get<int>();
  model.num_inference_steps = json.at("num_inference_steps").get<std::vector<int>>();
  model.default_num_inference_steps = json.at("default_num_inference_steps").get<int>();
  return model;
}

absl::StatusOr<CostModel::Point> ReadPoint(const Json& json,
                                           const std::vector<ModelHandle>& models) {
  CostModel::Point point;
  STROBE_ASSIGN_OR_RETURN(point.stage, StageOf(json.at("stage").get<std::string>()));
  STROBE_ASSIGN_OR_RETURN(const ModelKey model, Find(json.at("model").get<std::string>(), models));
  point.key = KeyOf(model, json.at("width").get<int>(), json.at("height").get<int>());
  point.batch_size = json.at("batch_size").get<int>();
  point.mean = absl::Seconds(json.at("mean_seconds").get<double>());
  point.best = absl::Seconds(json.at("best_seconds").get<double>());
  if (point.key.width < 1 || point.key.height < 1 || point.batch_size < 1 ||
      point.best <= absl::ZeroDuration() || point.mean < point.best) {
    return absl::InvalidArgumentError(
        absl::StrCat("sizes must be positive and 0 < best_seconds <= mean_seconds, but not so in ",
                     json.dump()));
  }
  return point;
}

// Costs without a device are those of every device.
absl::StatusOr<DeviceCosts> ReadCosts(const Json& json, const CostFile& file) {
  const int devices = static_cast<int>(file.devices.size());
  std::vector<CostModel> costs(devices);
  bool alike = true;
  for (const Json& cost : json) {
    STROBE_ASSIGN_OR_RETURN(const CostModel::Point point, ReadPoint(cost, file.models));
    const int device = cost.value("device", -1);
    if (device >= devices || (cost.contains("device") && device < 0)) {
      return absl::InvalidArgumentError(absl::StrCat("there is no device ", device));
    }
    alike &= device < 0;
    for (int each = 0; each < devices; ++each) {
      if (device < 0 || each == device) costs[each].Restore(point);
    }
  }
  for (const CostModel& each : costs) {
    if (each.Points().empty()) {
      return absl::InvalidArgumentError("there must be costs, devices, lanes and a batch size");
    }
  }
  return alike ? DeviceCosts(std::move(costs.front())) : DeviceCosts(std::move(costs));
}

absl::StatusOr<CostFile> Read(const Json& json) {
  if (json.at("schema_version").get<int>() != kCostFileSchemaVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("schema_version is not ", kCostFileSchemaVersion));
  }
  CostFile file;
  file.devices = json.at("devices").get<std::vector<std::string>>();
  file.lanes = json.at("lanes").get<int>();
  file.max_batch_size = json.at("max_batch_size").get<int>();
  ModelRegistry registry;
  for (const Json& model : json.at("models")) registry.Add(registry.NewKey(), ReadModel(model));
  file.models = registry.List();
  if (file.devices.empty() || file.lanes < 1 || file.max_batch_size < 1) {
    return absl::InvalidArgumentError("there must be costs, devices, lanes and a batch size");
  }
  STROBE_ASSIGN_OR_RETURN(file.costs, ReadCosts(json.at("costs"), file));
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
  const Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError("the cost model is not JSON");
  try {
    return Read(json);
  } catch (const nlohmann::json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("the cost model: ", error.what()));
  }
}

}  // namespace strobe::server
