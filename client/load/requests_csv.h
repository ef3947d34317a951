// requests.csv: one line a request.

#ifndef STROBE_CLIENT_LOAD_REQUESTS_CSV_H_
#define STROBE_CLIENT_LOAD_REQUESTS_CSV_H_

#include <ostream>

#include "client/load/load_runner.h"
#include "workload/workload.h"

namespace strobe::client {

// The names of the columns. All times are in seconds: those that end in _at since the start of the
// run, the others durations; empty: it did not happen.
void WriteCsvHeader(std::ostream& out);

// Every request of `run`, warm-up included. `level` and `repeat` say which run of the benchmark it
// was.
void WriteCsv(const LoadRun& run, const workload::Workload& workload, double level, int repeat,
              std::ostream& out);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_REQUESTS_CSV_H_
