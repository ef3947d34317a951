#include "server/startup/engine_metrics.h"

#include <string>

#include "server/observability/metric_builders.h"

namespace strobe::server {
namespace {

constexpr char kDeviceMemory[] = "strobe_device_memory_bytes";
constexpr char kDeviceMemoryHelp[] = "Device memory held by the model runtime.";

}  // namespace

EngineMetrics::EngineMetrics(prometheus::Registry& registry)
    : memory_allocated_bytes(
          AddGauge(registry, kDeviceMemory, kDeviceMemoryHelp, {{"kind", "allocated"}})),
      memory_reserved_bytes(
          AddGauge(registry, kDeviceMemory, kDeviceMemoryHelp, {{"kind", "reserved"}})),
      pictures_recovered_total(AddCounter(registry, "strobe_pictures_recovered_total",
                                          "Pictures that were not finite until they were decoded "
                                          "again in float32.")),
      prompt_cache_hits_total(AddCounter(registry, "strobe_prompt_cache_hits_total",
                                         "Prompts whose embedding was cached.")),
      prompt_cache_misses_total(AddCounter(registry, "strobe_prompt_cache_misses_total",
                                           "Prompts that had to be encoded.")) {
  for (const model::Stage stage : model::kAllStages) {
    if (!model::kServedStages.contains(stage)) continue;
    const auto add = [&](const char* kind) {
      return &AddCounter(registry, "strobe_network_rows_total",
                         "Rows that the networks were called with: of samples, or filled up to a "
                         "fixed number.",
                         {{"stage", std::string(model::StageName(stage))}, {"kind", kind}});
    };
    used_rows_[stage] = add("used");
    padding_rows_[stage] = add("padding");
  }
}

void EngineMetrics::CountRows(model::Stage stage, int used, int padding) {
  if (!model::kServedStages.contains(stage)) return;
  used_rows_[stage]->Increment(used);
  padding_rows_[stage]->Increment(padding);
}

}  // namespace strobe::server
