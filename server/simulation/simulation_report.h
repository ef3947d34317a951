// What simulations found out, for people and for programs.

#ifndef STROBE_SERVER_SIMULATION_SIMULATION_REPORT_H_
#define STROBE_SERVER_SIMULATION_SIMULATION_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/simulation/simulator.h"

namespace strobe::server {

// When is a number of replicas enough?
struct SimulatedObjective {
  double percentile = 99;
  absl::Duration threshold = absl::InfiniteDuration();  // infinite: none
};

// As a load that `strobe-client bench` finds good enough: the latency at the percentile, failures
// as infinitely late, does not exceed the threshold, and at most 0.1 % of the requests fail.
bool Meets(const SimulationResult& result, const SimulatedObjective& objective);

struct SimulationReport {
  SimulatedObjective objective;
  double request_rate = 0;  // 0: a trace
  std::vector<SimulationResult> results;
  bool searched = false;
  std::optional<int> fewest_replicas;  // that meet the objective
};

std::string SimulationAsText(const SimulationReport& report);

// One object; times in seconds, shares from 0 to 1, null: infinite or none.
std::string SimulationAsJson(const SimulationReport& report);

}  // namespace strobe::server

#endif  // STROBE_SERVER_SIMULATION_SIMULATION_REPORT_H_
