#include "model/evaluation/detectors/alignment_score.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace strobe::model {
namespace {

// Right answers and questions for each attribute.
struct Tally {
  std::array<int, kNumAttributes> right{};
  std::array<int, kNumAttributes> asked{};
  int total_right = 0;

  void Add(Attribute attribute, bool is_right) {
    const size_t i = static_cast<size_t>(attribute);
    ++asked[i];
    right[i] += is_right;
    total_right += is_right;
  }
};

// The objects that the caption speaks of, one for each in the picture.
std::vector<SaidObject> ExpandedObjects(const CaptionTruth& truth) {
  std::vector<SaidObject> objects = truth.objects;
  if (truth.kind == SceneKind::kCount && !objects.empty()) {
    objects.resize(static_cast<size_t>(truth.count), truth.objects.front());
  }
  return objects;
}

bool AsksTexture(const CaptionTruth& truth) {
  return std::any_of(truth.objects.begin(), truth.objects.end(), [](const SaidObject& object) {
    return object.texture != SceneTexture::kSolid;
  });
}

// `detected` is null when there is no such object.
void TallyObject(const SaidObject& said, const DetectedObject* detected, SceneKind kind,
                 bool asks_texture, Tally& tally) {
  if (said.shape) tally.Add(Attribute::kShape, detected && detected->shape == *said.shape);
  if (said.color) tally.Add(Attribute::kColor, detected && detected->color == *said.color);
  if (said.size)
    tally.Add(Attribute::kSize, detected && DetectedSize(*detected, kind) == *said.size);
  if (asks_texture) tally.Add(Attribute::kTexture, detected && detected->texture == said.texture);
}

// With the caption's object i being the detected object chosen[i].
Tally TallyAssignment(const std::vector<SaidObject>& said,
                      const std::vector<const DetectedObject*>& chosen, const CaptionTruth& truth) {
  Tally tally;
  const bool asks_texture = AsksTexture(truth);
  for (size_t i = 0; i < said.size(); ++i) {
    TallyObject(said[i], chosen[i], truth.kind, asks_texture, tally);
  }
  if (truth.position) {
    tally.Add(Attribute::kPosition, chosen[0] && DetectedPosition(*chosen[0]) == *truth.position);
  }
  if (truth.relation != SceneRelation::kNone && said.size() >= 2) {
    tally.Add(Attribute::kRelation,
              chosen[0] && chosen[1] && DetectedRelation(*chosen[0], *chosen[1]) == truth.relation);
  }
  return tally;
}

// The best of all ways to give each of `said` an object of its own from `candidates`, where null
// stands for none.
Tally BestTally(const std::vector<SaidObject>& said, std::vector<const DetectedObject*> candidates,
                const CaptionTruth& truth) {
  std::sort(candidates.begin(), candidates.end(), std::less<>());
  Tally best;
  best.total_right = -1;
  do {
    Tally tally = TallyAssignment(said, candidates, truth);
    if (tally.total_right > best.total_right) best = tally;
  } while (std::next_permutation(candidates.begin(), candidates.end(), std::less<>()));
  return best;
}

}  // namespace

absl::string_view AttributeName(Attribute attribute) {
  static constexpr absl::string_view kNames[] = {"background", "color",   "shape",    "size",
                                                 "position",   "texture", "relation", "count"};
  return kNames[static_cast<size_t>(attribute)];
}

double AlignmentScore::Mean() const {
  double sum = 0;
  int asked = 0;
  for (const std::optional<double>& share : shares) {
    if (!share) continue;
    sum += *share;
    ++asked;
  }
  return asked > 0 ? sum / asked : 1.0;
}

bool AlignmentScore::AllRight() const {
  return std::all_of(shares.begin(), shares.end(),
                     [](const std::optional<double>& share) { return !share || *share == 1.0; });
}

AlignmentScore ScoreAlignment(const DetectedScene& scene, const CaptionTruth& truth) {
  constexpr size_t kMostCandidates = 5;  // the largest; 120 ways to assign them
  const std::vector<SaidObject> said = ExpandedObjects(truth);
  std::vector<const DetectedObject*> candidates;
  for (const DetectedObject& object : scene.objects) {
    if (candidates.size() < kMostCandidates) candidates.push_back(&object);
  }
  candidates.resize(std::max(candidates.size(), said.size()), nullptr);

  Tally tally = BestTally(said, candidates, truth);
  if (truth.background) tally.Add(Attribute::kBackground, scene.background == *truth.background);
  if (truth.count > 1) {
    tally.Add(Attribute::kCount, static_cast<int>(scene.objects.size()) == truth.count);
  }
  AlignmentScore score;
  for (size_t i = 0; i < kNumAttributes; ++i) {
    if (tally.asked[i] == 0) continue;
    score.shares[i] = static_cast<double>(tally.right[i]) / tally.asked[i];
  }
  return score;
}

}  // namespace strobe::model
