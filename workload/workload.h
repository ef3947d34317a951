// What the requests of a load ask for.

#ifndef STROBE_WORKLOAD_WORKLOAD_H_
#define STROBE_WORKLOAD_WORKLOAD_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "workload/request_class.h"

namespace strobe::workload {

// One request: its class and what was drawn for it.
struct RequestDraw {
  int class_index = 0;
  int prompt_index = 0;  // in its class
  ImageSize size;
  int steps = 0;                                           // 0: the model's default
  uint64_t seed = 0;                                       // of its first image
  absl::Duration cancel_after = absl::InfiniteDuration();  // since it was sent; infinite: never
};

// A request of a recorded load.
struct TraceEntry {
  absl::Duration arrival;  // since the start
  RequestDraw draw;
};

// Classes to draw requests from, or a trace that says what comes when. Immutable once made, so
// thread-safe.
class Workload {
 public:
  // There is at least one class, and their weights are positive.
  explicit Workload(std::vector<RequestClass> classes);
  // The entries are in the order of their arrivals.
  Workload(std::vector<RequestClass> classes, std::vector<TraceEntry> trace);

  const std::vector<RequestClass>& classes() const { return classes_; }
  const std::vector<TraceEntry>& trace() const { return trace_; }

  const RequestClass& class_of(const RequestDraw& draw) const { return classes_[draw.class_index]; }

  // Request number `index` of the load with `seed`: a function of the two, in whatever order
  // requests are drawn. From the trace when there is one, which then repeats.
  RequestDraw Draw(uint64_t seed, uint64_t index) const;

 private:
  std::vector<RequestClass> classes_;
  std::vector<double> cumulative_;  // weights up to and including each class; the last is 1
  std::vector<TraceEntry> trace_;
};

// 240 short prompts that name a shape, two colours and a size: what the shipped student
// understands.
std::vector<std::string> ShapePrompts();

}  // namespace strobe::workload

#endif  // STROBE_WORKLOAD_WORKLOAD_H_
