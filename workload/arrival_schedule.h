// When requests arrive in an open loop.

#ifndef STROBE_WORKLOAD_ARRIVAL_SCHEDULE_H_
#define STROBE_WORKLOAD_ARRIVAL_SCHEDULE_H_

#include <cstdint>
#include <random>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace strobe::workload {

// The law of the gaps between two arrivals. All have the mean 1 / rate.
enum class ArrivalProcess {
  kConstant,  // equal gaps
  kPoisson,   // exponential gaps: many independent callers
  kGamma,     // gamma gaps: burstier than Poisson below smoothness 1, more regular above
};

// "constant", "poisson", "gamma"; INVALID_ARGUMENT else.
absl::StatusOr<ArrivalProcess> ParseArrivalProcess(absl::string_view name);
absl::string_view ArrivalProcessName(ArrivalProcess process);

struct ArrivalOptions {
  ArrivalProcess process = ArrivalProcess::kPoisson;
  double rate = 1.0;        // requests a second, above 0
  double smoothness = 1.0;  // shape of the gamma law, above 0; 1 is Poisson
  uint64_t seed = 1;
};

// An endless schedule that depends on its options alone, never on how fast anybody answers. Not
// thread-safe.
class ArrivalSchedule {
 public:
  explicit ArrivalSchedule(const ArrivalOptions& options);

  // Time of the next arrival since the start; never before the one returned last.
  absl::Duration Next();

 private:
  const ArrivalOptions options_;
  std::mt19937_64 random_;
  std::gamma_distribution<double> gap_;  // seconds
  int64_t count_ = 0;
  double seconds_ = 0;  // of the last arrival
};

}  // namespace strobe::workload

#endif  // STROBE_WORKLOAD_ARRIVAL_SCHEDULE_H_
