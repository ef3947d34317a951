// A measured cost model as JSON, with what is needed to understand it elsewhere.

#ifndef STROBE_SERVER_SIMULATION_COST_FILE_H_
#define STROBE_SERVER_SIMULATION_COST_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/batching/costs/device_costs.h"
#include "server/models/model_handle.h"

namespace strobe::server {

// What a server measured at warm-up.
struct CostFile {
  std::vector<std::string> devices;  // of one server
  int lanes = 1;                     // of each device, in which the means were measured
  int max_batch_size = 1;            // samples
  std::vector<ModelHandle> models;   // names, default size, steps
  DeviceCosts costs;
};

// Grows when a key changes its meaning or goes.
inline constexpr int kCostFileSchemaVersion = 1;

std::string CostFileAsJson(const CostFile& file);

// INVALID_ARGUMENT names what is wrong: no JSON, another version, a key that is missing or of the
// wrong kind, a model or stage that is not known, times that are not positive, no times at all.
absl::StatusOr<CostFile> ParseCostFile(absl::string_view json);

}  // namespace strobe::server

#endif  // STROBE_SERVER_SIMULATION_COST_FILE_H_
