#include "model/evaluation/scene_benchmark.h"

#include <ATen/ops/empty.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/evaluation/detectors/palette_error.h"
#include "model/evaluation/detectors/scene_detectors.h"
#include "model/evaluation/report/statistic_names.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/scenes/scene_random.h"
#include "model/scenes/scene_renderer.h"

namespace strobe::model {
namespace {

constexpr int kPictureSize = 64;

std::vector<std::string> TextsOf(const std::vector<EvaluationPrompt>& prompts) {
  std::vector<std::string> texts;
  for (const EvaluationPrompt& prompt : prompts) texts.push_back(prompt.caption.text);
  return texts;
}

BenchmarkFacts FactsOf(const PromptSet& set, int num_prompts, int num_references) {
  BenchmarkFacts facts;
  facts.title = absl::StrCat(CaptionStyleName(set.style), " prompts");
  facts.subject = absl::StrCat("Domain ", SceneDomainName(set.domain), ", ", num_prompts,
                               " prompts, seed ", set.seed);
  facts.judge = "a detector reads off the pixels";
  facts.spread = "in that of the scenes that its caption is true of";
  facts.notes = "- *errors*: distance to the palette in RGB of 0..255.\n";
  facts.num_references = num_references;
  for (int i = 0; i < kNumAttributes; ++i) {
    const std::string name(AttributeName(static_cast<Attribute>(i)));
    facts.attributes.push_back({name, name});
  }
  for (int i = 0; i < kNumSpreadAttributes; ++i) {
    const std::string name(SpreadAttributeName(static_cast<SpreadAttribute>(i)));
    facts.spreads.push_back({SpreadName(name), name});
  }
  return facts;
}

}  // namespace

at::Tensor RenderPicture(const Scene& scene, int size) {
  const at::Tensor picture = at::empty({3, size, size}, at::kFloat);
  RenderSceneFloat(scene, size,
                   absl::MakeSpan(picture.data_ptr<float>(), static_cast<size_t>(picture.numel())));
  return picture;
}

SceneBenchmark::SceneBenchmark(const PromptSet& set, int num_prompts, int num_references,
                               int num_spread_prompts)
    : set_(set),
      prompts_(MakeEvaluationPrompts(set, num_prompts)),
      spread_prompts_(MakeSpreadPrompts(set, num_spread_prompts)),
      texts_(TextsOf(prompts_)),
      spread_texts_(TextsOf(spread_prompts_)),
      facts_(FactsOf(set, num_prompts, num_references)) {}

int SceneBenchmark::picture_size() const { return kPictureSize; }

absl::StatusOr<at::Tensor> SceneBenchmark::TruePicture(size_t index) const {
  return RenderPicture(prompts_[index].scene, kPictureSize);
}

absl::StatusOr<at::Tensor> SceneBenchmark::ReferencePicture(int index) const {
  return RenderPicture(ReferenceScene(set_, index), kPictureSize);
}

absl::StatusOr<Verdict> SceneBenchmark::Judge(size_t index, const at::Tensor& picture,
                                              const at::Tensor& /*features*/) const {
  const EvaluationPrompt& prompt = prompts_[index];
  STROBE_ASSIGN_OR_RETURN(const RgbImage image, ToRgbImage(picture));
  STROBE_ASSIGN_OR_RETURN(const DetectedScene scene, DetectScene(image, set_.domain));
  const AlignmentScore score = ScoreAlignment(scene, prompt.caption.truth);
  const double all_right = score.AllRight() ? 1.0 : 0.0;
  const PaletteError error = PaletteErrorOf(scene);
  Verdict verdict = {
      {kAlignment, score.Mean()}, {kComplex, all_right}, {kBackgroundError, error.background}};
  if (prompt.held_out) verdict[kHeldOut] = all_right;
  if (error.objects.has_value()) verdict[kObjectError] = *error.objects;
  for (int i = 0; i < kNumAttributes; ++i) {
    const Attribute attribute = static_cast<Attribute>(i);
    const std::optional<double> share = score.share(attribute);
    if (share.has_value()) verdict[std::string(AttributeName(attribute))] = *share;
  }
  return verdict;
}

absl::StatusOr<at::Tensor> SceneBenchmark::TrueSpreadPicture(size_t index, int seed) const {
  SceneSamplerOptions options;
  options.domain = set_.domain;
  options.seed = MixBits(set_.seed + index);
  return RenderPicture(SceneSampler(options).SampleTrueTo(spread_prompts_[index].caption.truth,
                                                          static_cast<uint64_t>(seed)),
                       kPictureSize);
}

absl::StatusOr<SpreadReading> SceneBenchmark::ReadSpread(const at::Tensor& picture) const {
  STROBE_ASSIGN_OR_RETURN(const RgbImage image, ToRgbImage(picture));
  STROBE_ASSIGN_OR_RETURN(const DetectedScene scene, DetectScene(image, set_.domain));
  return ReadingOf(scene);
}

std::string SceneBenchmark::Key() const {
  return absl::StrCat(SceneDomainName(set_.domain), "/", CaptionStyleName(set_.style), "/seed ",
                      set_.seed, "/", prompts_.size(), " prompts/", facts_.num_references,
                      " references");
}

}  // namespace strobe::model
