// What a run says, in numbers.

#ifndef STROBE_CLIENT_LOAD_LOAD_SUMMARY_H_
#define STROBE_CLIENT_LOAD_LOAD_SUMMARY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/load/load_runner.h"
#include "workload/latency_statistics.h"
#include "workload/workload.h"

namespace strobe::client {

// A distribution of durations in seconds.
struct LatencySummary {
  std::vector<double> sorted;
  double mean = 0;

  bool empty() const { return sorted.empty(); }
  double max() const { return sorted.empty() ? 0 : sorted.back(); }
  // Zero when empty.
  double at(double level) const { return sorted.empty() ? 0 : workload::ValueAt(sorted, level); }
};

// How some of the requests fared: a class, or those of one step count.
struct GroupSummary {
  std::string name;
  uint64_t requests = 0;
  uint64_t ok = 0;
  uint64_t good = 0;             // OK within the objective
  uint64_t shed = 0;             // RESOURCE_EXHAUSTED or UNAVAILABLE
  uint64_t deadline_missed = 0;  // DEADLINE_EXCEEDED
  uint64_t cancelled = 0;        // as planned
  uint64_t failed = 0;           // any other error
  LatencySummary latency;        // of those that are OK, from the intended time

  // Share of the requests that were good, planned cancellations left out.
  double attainment() const {
    return requests > cancelled ? static_cast<double>(good) / (requests - cancelled) : 0;
  }
};

// Batches of one stage, as the images saw them: an image that rode with seven others stands for an
// eighth of a batch.
struct BatchHistogram {
  std::map<int, double> batches;  // by size

  double mean() const;
};

struct LoadSummary {
  LoadKind kind = LoadKind::kConcurrency;
  double load = 0;      // callers, or requests a second; 0: all at once, or a trace
  double duration = 0;  // seconds that count
  uint64_t warmup_requests = 0;
  int trials = 0;
  bool stable = true;
  bool interrupted = false;
  double drain_seconds = 0;  // from the end of what counts to the last reply

  // A second, over the duration.
  double offered_rate = 0;
  double sent_rate = 0;
  double completed_rate = 0;  // OK
  double goodput = 0;         // OK within the objective
  double image_rate = 0;
  double step_rate = 0;
  double byte_rate = 0;
  double in_flight_mean = 0;
  int in_flight_max = 0;

  GroupSummary all;
  std::vector<GroupSummary> classes;
  std::vector<GroupSummary> step_counts;
  double fairness = 1;  // Jain's index of the classes' attainment
  // At the percentile asked for, with every request that failed as infinitely late; infinite when
  // more failed than the percentile leaves room for.
  double threshold_latency = 0;
  double error_share = 0;  // of the requests, planned cancellations left out

  // Seconds. From the intended time, but for send_lag and latency_from_send.
  LatencySummary send_lag;
  LatencySummary latency_from_send;
  LatencySummary first_event;
  LatencySummary first_image;
  LatencySummary first_partial;
  LatencySummary partial_gap;  // mean time between two partial images, by request with several
  std::vector<LatencySummary> steps;
  double partial_lead = 0;  // mean share of a request's time during which a partial image was there
  // Seconds on the server, by request: `send` is what is left of its time, mostly from encoded to
  // sent; `rest` is network, gRPC and this client.
  std::vector<std::pair<std::string, LatencySummary>> stages;

  std::map<std::string, BatchHistogram> batches;  // by stage
  std::map<std::string, uint64_t> status_codes;
  std::map<std::string, std::string> first_errors;  // by code
  uint64_t retries = 0;
  uint64_t wrong_size_images = 0;
  uint64_t corrupt_images = 0;
  uint64_t ended_early = 0;  // images with fewer steps than asked for

  // The client did not send on time: its lag at p99 is above 1 % of the median latency. Nothing the
  // run says counts then.
  bool is_void = false;
};

// `percentile` is from above 0 to 100.
LoadSummary Summarize(const LoadRun& run, const workload::Workload& workload, double percentile);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_LOAD_SUMMARY_H_
