// requests.csv: one line a request.

#ifndef STROBE_CLIENT_LOAD_REQUESTS_CSV_H_
#define STROBE_CLIENT_LOAD_REQUESTS_CSV_H_

#include <ostream>
#include <string>

#include "client/load/load_runner.h"
#include "workload/workload.h"

namespace strobe::client {

// The names of the columns. All times are in seconds: those that end in _at since the start of the
// run, the others durations; empty: it did not happen. Lists (steps_at: of the first image's steps;
// the sizes of batches) are separated by spaces.
void WriteCsvHeader(std::ostream& out);

// Which run of a benchmark it is.
struct CsvRun {
  std::string address;  // of the server
  double load = 0;      // as LoadSummary::load
  int repeat = 0;       // from 0
};

// Every request of `run`, warm-up included.
void WriteCsv(const LoadRun& run, const workload::Workload& workload, const CsvRun& name,
              std::ostream& out);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_REQUESTS_CSV_H_
