// Distinct prompts that the shipped student understands.

#ifndef STROBE_TESTS_BENCHMARKS_SHAPE_PROMPTS_H_
#define STROBE_TESTS_BENCHMARKS_SHAPE_PROMPTS_H_

#include <cstdint>
#include <string>

namespace strobe::benchmarks {

// Prompt number `n`: 240 different ones, then again from the start.
inline std::string ShapePrompt(uint64_t n) {
  static constexpr const char* kColours[] = {"red", "orange", "green", "purple", "black"};
  static constexpr const char* kShapes[] = {"circle", "square", "triangle",
                                            "star",   "heart",  "ring"};
  static constexpr const char* kBackgrounds[] = {"white", "yellow", "cyan", "pink"};
  static constexpr const char* kSizes[] = {"small", "large"};
  return std::string("a ") + kSizes[n % 2] + " " + kColours[n / 2 % 5] + " " + kShapes[n / 10 % 6] +
         " on a " + kBackgrounds[n / 60 % 4] + " background";
}

}  // namespace strobe::benchmarks

#endif  // STROBE_TESTS_BENCHMARKS_SHAPE_PROMPTS_H_
