#include "workload/workload.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace strobe::workload {
namespace {

// Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014. A counter is enough of
// a state, so request 1,000,000 costs no more than the first.
class SplitMix64 {
 public:
  SplitMix64(uint64_t seed, uint64_t stream) : state_(seed) { state_ = Next() ^ stream; }

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // In [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

  template <typename T>
  int IndexIn(const std::vector<T>& choices) {
    return static_cast<int>(Uniform() * static_cast<double>(choices.size()));
  }

 private:
  uint64_t state_;
};

}  // namespace

Workload::Workload(std::vector<RequestClass> classes) : Workload(std::move(classes), {}) {}

Workload::Workload(std::vector<RequestClass> classes, std::vector<TraceEntry> trace)
    : classes_(std::move(classes)), trace_(std::move(trace)) {
  double total = 0;
  for (const RequestClass& each : classes_) total += each.weight;
  double sum = 0;
  for (const RequestClass& each : classes_) cumulative_.push_back((sum += each.weight) / total);
}

RequestDraw Workload::Draw(uint64_t seed, uint64_t index) const {
  if (!trace_.empty()) return trace_[index % trace_.size()].draw;
  SplitMix64 random(seed, index);
  RequestDraw draw;
  const double position = random.Uniform();
  while (draw.class_index + 1 < static_cast<int>(classes_.size()) &&
         position >= cumulative_[draw.class_index]) {
    ++draw.class_index;
  }
  const RequestClass& chosen = classes_[draw.class_index];
  draw.prompt_index = random.IndexIn(chosen.prompts);
  draw.size = chosen.sizes[random.IndexIn(chosen.sizes)];
  draw.steps = chosen.steps[random.IndexIn(chosen.steps)];
  if (random.Uniform() < chosen.cancel_share) draw.cancel_after = chosen.cancel_after;
  draw.seed = random.Next() >> 1;  // image i has seed + i, which must not wrap
  return draw;
}

std::vector<std::string> ShapePrompts() {
  std::vector<std::string> prompts;
  for (const char* background : {"white", "yellow", "cyan", "pink"}) {
    for (const char* shape : {"circle", "square", "triangle", "star", "heart", "ring"}) {
      for (const char* colour : {"red", "orange", "green", "purple", "black"}) {
        for (const char* size : {"small", "large"}) {
          prompts.push_back(absl::StrCat("a ", size, " ", colour, " ", shape, " on a ", background,
                                         " background"));
        }
      }
    }
  }
  return prompts;
}

}  // namespace strobe::workload
