// The stages that a sample passes through: the one list. Names, costs, work left, accounts and
// metrics are arrays over it.

#ifndef STROBE_MODEL_SPEC_STAGE_H_
#define STROBE_MODEL_SPEC_STAGE_H_

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <initializer_list>

#include "absl/strings/string_view.h"

namespace strobe::model {

// In the order in which a sample passes through them. kPreview, partial images, is a side step
// between two kDenoise.
enum class Stage : uint8_t { kEncodePrompt, kEncodeImage, kDenoise, kDecode, kPreview };

inline constexpr std::array kAllStages = {Stage::kEncodePrompt, Stage::kEncodeImage,
                                          Stage::kDenoise, Stage::kDecode, Stage::kPreview};
inline constexpr int kStageCount = static_cast<int>(kAllStages.size());

// A value for each stage.
template <typename T>
struct PerStage {
  std::array<T, kStageCount> values = {};

  constexpr T& operator[](Stage stage) { return values[static_cast<int>(stage)]; }
  constexpr const T& operator[](Stage stage) const { return values[static_cast<int>(stage)]; }
};

struct StageTraits {
  absl::string_view name;   // in metrics, logs and files
  bool repeats;             // runs once for each denoising step; the others run once
  bool scales_with_pixels;  // takes longer for larger pictures
  bool gives_picture;       // the engine returns one picture for each sample
};

// The metrics' label `encode_image` means the encoding of finished pictures, so that kEncodeImage
// is named otherwise.
inline constexpr PerStage<StageTraits> kStageTraits = {{{
    {"encode_prompt", false, false, false},
    {"encode_start_image", false, true, false},
    {"denoise", true, true, false},
    {"decode", false, true, true},
    {"preview", false, true, true},
}}};

constexpr const StageTraits& TraitsOf(Stage stage) { return kStageTraits[stage]; }
constexpr absl::string_view StageName(Stage stage) { return TraitsOf(stage).name; }

// Some of the stages. A plain value.
class StageSet {
 public:
  constexpr StageSet() = default;
  constexpr StageSet(std::initializer_list<Stage> stages) {
    for (const Stage stage : stages) Add(stage);
  }

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool contains(Stage stage) const { return (bits_ & BitOf(stage)) != 0; }
  // Not of an empty set.
  constexpr Stage first() const {
    assert(!empty());
    return static_cast<Stage>(std::countr_zero(bits_));
  }
  constexpr void Add(Stage stage) { bits_ |= BitOf(stage); }
  // Not of an empty set.
  constexpr void RemoveFirst() { bits_ &= bits_ - 1; }
  constexpr void Remove(StageSet stages) { bits_ &= ~stages.bits_; }

  friend constexpr bool operator==(StageSet a, StageSet b) { return a.bits_ == b.bits_; }

 private:
  static constexpr uint8_t BitOf(Stage stage) { return 1 << static_cast<int>(stage); }

  uint8_t bits_ = 0;
};

// Those that have a trait.
constexpr StageSet StagesThat(bool StageTraits::*trait) {
  StageSet stages;
  for (const Stage stage : kAllStages) {
    if (TraitsOf(stage).*trait) stages.Add(stage);
  }
  return stages;
}

// What a sample passes through.
inline constexpr StageSet kTextToImage = {Stage::kEncodePrompt, Stage::kDenoise, Stage::kDecode};
inline constexpr StageSet kImageToImage = {Stage::kEncodePrompt, Stage::kEncodeImage,
                                           Stage::kDenoise, Stage::kDecode};

// What a server can be asked for: the stages that have metrics.
inline constexpr StageSet kServedStages = {Stage::kEncodePrompt, Stage::kDenoise, Stage::kDecode,
                                           Stage::kPreview};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_STAGE_H_
