// One sample that may run, and when it has its turn among others.

#ifndef STROBE_SERVER_BATCHING_CANDIDATE_H_
#define STROBE_SERVER_BATCHING_CANDIDATE_H_

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/time/time.h"
#include "server/batching/costs/instant.h"
#include "server/batching/costs/stage.h"
#include "server/batching/waiting_sample.h"

namespace strobe::server {

// Why a sample comes behind those with a lesser penalty. The doomed are expected to miss their due
// time, but not certain to.
enum Penalty : int8_t { kNoPenalty, kKeyOverserved, kCallerOverserved, kDoomed };

// A sample that may run. Times are relative to now. Kept small: a decision passes over all of them
// several times.
struct Candidate {
  Nanos time = 0;  // due time or arrival
  Nanos arrival = 0;
  Nanos due = kNever;
  int64_t order = 0;
  const WaitingSample* sample = nullptr;
  int key = 0;                 // in the lineup's table of keys
  StagePlan rest;              // what follows the stage, with as few steps as may be
  int urgency_class = 0;       // penalty, rank and stage in one number, as thousands are compared
  bool may_end_early = false;  // with the estimate that it has
  Stage stage = Stage::kEncodePrompt;  // what it would run

  // Lower runs first.
  ABSL_ATTRIBUTE_ALWAYS_INLINE friend bool operator<(const Candidate& a, const Candidate& b) {
    if (a.urgency_class != b.urgency_class) return a.urgency_class < b.urgency_class;
    if (a.time != b.time) return a.time < b.time;
    return std::tie(a.arrival, a.order, a.sample) < std::tie(b.arrival, b.order, b.sample);
  }

  Penalty penalty() const { return static_cast<Penalty>(urgency_class >> 16); }
  // Of a candidate that has none.
  void Penalize(Penalty penalty) { urgency_class |= penalty << 16; }
  int rank() const { return urgency_class >> 8 & 0xff; }
  // 0: by due time, 1: interactive without, 2 and 3: batch with and without; only where no due time
  // counts, later stages first.
  void SetRank(int rank, Stage stage = Stage::kDecode) {
    urgency_class |= rank << 8 | (static_cast<int>(Stage::kDecode) - static_cast<int>(stage));
  }
};

// Device time that flows have had.
struct ServiceRange {
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most;

  void Include(absl::Duration service) {
    least = std::min(least, service);
    most = std::max(most, service);
  }
};

// Candidates, most urgent first; sorted only as far as they are taken.
class UrgentFirst {
 public:
  void Add(const Candidate& candidate) { heap_.push_back(&candidate); }
  void Order() { std::make_heap(heap_.begin(), heap_.end(), IsLater); }

  int size() const { return static_cast<int>(heap_.size()); }
  const Candidate& Take() {
    std::pop_heap(heap_.begin(), heap_.end(), IsLater);
    const Candidate& first = *heap_.back();
    heap_.pop_back();
    return first;
  }

 private:
  static bool IsLater(const Candidate* a, const Candidate* b) { return *b < *a; }

  std::vector<const Candidate*> heap_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_CANDIDATE_H_
