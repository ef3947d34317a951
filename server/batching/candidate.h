// The batch policy's view of one sample that may run, and the order in which samples do.

#ifndef STROBE_SERVER_BATCHING_CANDIDATE_H_
#define STROBE_SERVER_BATCHING_CANDIDATE_H_

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "server/batching/instant.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

// From the first to run to the last. The last ones are expected to miss their deadline, but not
// certain to.
enum Turn : int8_t { kFair, kKeyOverserved, kCallerOverserved, kDoomed };

// A sample that may run. Times are relative to now. Kept small: a decision passes over all of them
// several times.
struct Candidate {
  Nanos time = 0;  // due time or arrival
  Nanos arrival = 0;
  Nanos deadline = kNever;
  int64_t order = 0;
  int index = 0;
  int key = 0;     // in the policy's list of keys
  StagePlan rest;  // what follows the stage, with as few steps as may be
  Turn turn = kFair;
  int8_t rank = 0;  // 0: by due time, 1: interactive, 2 and 3: batch with and without deadline
  int8_t stage_order = 0;              // 0: decode, 1: denoise, ...; only where no deadline counts
  Stage stage = Stage::kEncodePrompt;  // what it would run

  // Lower runs first.
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return std::tie(a.turn, a.rank, a.stage_order, a.time, a.arrival, a.order, a.index) <
           std::tie(b.turn, b.rank, b.stage_order, b.time, b.arrival, b.order, b.index);
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

// Candidates of one stage and key, most urgent first; sorted only as far as they are taken.
class Line {
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
