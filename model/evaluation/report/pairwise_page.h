// A page on which a person compares two models without knowing which is which.

#ifndef STROBE_MODEL_EVALUATION_REPORT_PAIRWISE_PAGE_H_
#define STROBE_MODEL_EVALUATION_REPORT_PAIRWISE_PAGE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace strobe::model {

struct PicturePair {
  std::string prompt;
  std::string first_png;   // bytes, of the model that the export calls `first`
  std::string second_png;  // of `second`
};

// One HTML file without any other: two pictures a prompt, sides drawn from `seed`, votes left,
// right or tie by click or key, exported as JSON with the models' names only then. Names and
// prompts may hold any characters.
std::string PairwisePage(const std::string& first, const std::string& second,
                         const std::vector<PicturePair>& pairs, uint64_t seed);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REPORT_PAIRWISE_PAGE_H_
