#include "model/evaluation/critic_config.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json_reader.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

constexpr char kFile[] = "critic.json";
constexpr size_t kMostStages = 8;
constexpr IntRange kPictureSizes = {16, 1024};
constexpr IntRange kWidths = {8, 1024};
constexpr IntRange kBlocks = {0, 8};
constexpr IntRange kCounts = {0, int64_t{1} << 40};
constexpr int kWidthMultiple = 8;
constexpr size_t kMostClasses = 10000;

void ReadHead(JsonReader reader, CriticConfig& config) {
  AttributeHead head{reader.GetNonEmptyString("name", ""),
                     reader.GetStrings("classes", {""}, kMostClasses)};
  reader.Require("name");
  reader.Require("classes");
  if (!head.classes.front().empty()) {
    reader.AddProblem("classes", "must begin with \"\", which is what does not apply");
  }
  DetectorAccuracy accuracy;
  accuracy.pictures = reader.GetInt("pictures", 0, kCounts);
  accuracy.right = reader.GetInt("right", 0, kCounts);
  config.heads.push_back(std::move(head));
  config.accuracy.push_back(accuracy);
}

}  // namespace

nlohmann::json CriticConfigJson(const CriticConfig& config) {
  nlohmann::json heads = nlohmann::json::array();
  for (size_t i = 0; i < config.heads.size(); ++i) {
    heads.push_back({{"name", config.heads[i].name},
                     {"classes", config.heads[i].classes},
                     {"pictures", config.accuracy[i].pictures},
                     {"right", config.accuracy[i].right},
                     {"accuracy", config.accuracy[i].share()}});
  }
  return {{"picture_size", config.encoder.picture_size},
          {"widths", config.encoder.widths},
          {"blocks", config.encoder.blocks},
          {"heads", heads},
          {"measured_on", config.measured_on}};
}

absl::StatusOr<CriticConfig> ReadCriticConfig(const nlohmann::json& json) {
  JsonReader reader(kFile, json);
  CriticConfig config;
  config.encoder.picture_size =
      static_cast<int>(reader.GetInt("picture_size", config.encoder.picture_size, kPictureSizes));
  const std::vector<int64_t> widths(config.encoder.widths.begin(), config.encoder.widths.end());
  const std::vector<int64_t> read = reader.GetInts("widths", widths, kWidths, kMostStages);
  config.encoder.widths.assign(read.begin(), read.end());
  if (std::any_of(read.begin(), read.end(), [](int64_t w) { return w % kWidthMultiple != 0; })) {
    reader.AddProblem("widths", "must be multiples of 8");
  }
  config.encoder.blocks = static_cast<int>(reader.GetInt("blocks", 0, kBlocks));
  reader.ForEach("heads", [&](const std::string& name, const nlohmann::json& value) {
    ReadHead(reader.ReaderOf(name, value), config);
  });
  config.measured_on = reader.GetString("measured_on", "");
  STROBE_RETURN_IF_ERROR(reader.status());
  return config;
}

}  // namespace strobe::model
