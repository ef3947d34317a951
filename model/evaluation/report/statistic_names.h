// What the statistics of a model are called.

#ifndef STROBE_MODEL_EVALUATION_REPORT_STATISTIC_NAMES_H_
#define STROBE_MODEL_EVALUATION_REPORT_STATISTIC_NAMES_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

// The names of statistics beside those of attributes ("colour", "shape", ... of AttributeName,
// shares of right answers) and the spreads ("spread background", ..., in the truth's).
inline constexpr char kFrechet[] = "frechet";        // extrapolated to endless samples
inline constexpr char kDiscrepancy[] = "mmd";        // MMD^2, in thousandths
inline constexpr char kPatches[] = "patches";        // sliced Wasserstein distance
inline constexpr char kSimilarity[] = "similarity";  // cosine of picture and caption
inline constexpr char kAlignment[] = "alignment";    // mean share of attributes asked for
inline constexpr char kComplex[] = "complex";        // every attribute right
inline constexpr char kHeldOut[] = "held out";       // the same over the held-out prompts
inline constexpr char kSaturation[] = "saturation";
inline constexpr char kContrast[] = "contrast";
inline constexpr char kSharpness[] = "sharpness";
inline constexpr char kBackgroundError[] = "background error";  // of 255, to the palette
inline constexpr char kObjectError[] = "object error";

// The spread over seeds of `attribute`, in the truth's.
inline constexpr char kSpread[] = "spread ";
inline std::string SpreadName(absl::string_view attribute) {
  return absl::StrCat(kSpread, attribute);
}

// The share of prompts whose `attribute` a learned detector finds as they say it.
inline constexpr char kDetected[] = "detected ";
inline std::string DetectedName(absl::string_view attribute) {
  return absl::StrCat(kDetected, attribute);
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REPORT_STATISTIC_NAMES_H_
