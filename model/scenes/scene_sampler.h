// Scenes from numbers: scene i of seed s is a pure function of (domain, split, mix, s, i).

#ifndef STROBE_MODEL_SCENES_SCENE_SAMPLER_H_
#define STROBE_MODEL_SCENES_SCENE_SAMPLER_H_

#include <cstdint>

#include "model/scenes/caption_truth.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {

// kTrain never draws what is held out, kHeldOut draws nothing else, kAll draws both.
enum class SceneSplit { kTrain, kHeldOut, kAll };

// Shares of the scene kinds in the rich domain, and of textured objects; any non-negative weights,
// not all zero. The simple domain ignores them: it is all kSingle and solid.
struct SceneMix {
  double single = 0.35;
  double pair = 0.35;
  double triple = 0.15;
  double count = 0.15;
  double textured = 0.4;  // chance that an object is not solid, 0..1
};

struct SceneSamplerOptions {
  SceneDomain domain = SceneDomain::kSimple;
  SceneSplit split = SceneSplit::kTrain;
  uint64_t seed = 0;
  SceneMix mix;
};

// Draws scenes. The object and its background always have different colours, marks of a texture
// never look like the background, objects of one picture never touch or leave the picture, and the
// objects of kPair and kTriple differ in shape or colour. Stateless after construction:
// thread-safe.
//
// Held out, never in kTrain: in the simple domain 5 % of the tuples (shape, colour, background,
// size, position), by hash; in the rich domain every scene with one of six (shape, colour) pairs,
// none of which the simple domain can draw.
class SceneSampler {
 public:
  explicit SceneSampler(const SceneSamplerOptions& options) : options_(options) {}

  Scene Sample(uint64_t index) const;

  // A scene of which `truth`, a caption's of one object (kSingle), is true: what the caption leaves
  // open is drawn as Sample draws it, given what it says.
  Scene SampleTrueTo(const CaptionTruth& truth, uint64_t index) const;

  const SceneSamplerOptions& options() const { return options_; }

 private:
  SceneSamplerOptions options_;
};

// Whether the domain's training split leaves this scene out.
bool IsHeldOut(SceneDomain domain, const Scene& scene);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_SCENE_SAMPLER_H_
