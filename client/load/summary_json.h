// summary.json: a benchmark for programs to read.

#ifndef STROBE_CLIENT_LOAD_SUMMARY_JSON_H_
#define STROBE_CLIENT_LOAD_SUMMARY_JSON_H_

#include <string>

#include "client/load/bench_report.h"

namespace strobe::client {

// Grows when a key changes its meaning or goes; new keys do not count.
inline constexpr int kSummarySchemaVersion = 1;

// One JSON object. Times are in seconds under names that end in _seconds, rates are a second,
// shares are from 0 to 1; null: there is no such figure (too few requests, nothing of the kind).
std::string SummaryAsJson(const BenchReport& report);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_SUMMARY_JSON_H_
