#include "model/scenes/captioner.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

// In the order of std::string's <.
constexpr absl::string_view kVocabulary[] = {
    ",",      "a",       "above",   "an",      "and",      "at",        "background", "below",
    "big",    "black",   "blue",    "bottom",  "center",   "checkered", "circle",     "circles",
    "cross",  "crosses", "cyan",    "diamond", "diamonds", "dotted",    "drawing",    "front",
    "gray",   "green",   "heart",   "hearts",  "image",    "in",        "is",         "large",
    "left",   "little",  "middle",  "of",      "on",       "orange",    "picture",    "pink",
    "purple", "red",     "right",   "ring",    "rings",    "shape",     "shapes",     "side",
    "small",  "square",  "squares", "star",    "stars",    "striped",   "that",       "the",
    "three",  "tiny",    "to",      "top",     "triangle", "triangles", "two",        "white",
    "with",   "yellow"};

using Words = absl::Span<const absl::string_view>;

constexpr absl::string_view kSmallWords[] = {"small", "small", "tiny", "little"};
constexpr absl::string_view kLargeWords[] = {"large", "large", "big"};
constexpr absl::string_view kCenterWords[] = {"in the center", "in the middle", "at the center"};
constexpr absl::string_view kLeftWords[] = {"on the left", "on the left side", "at the left"};
constexpr absl::string_view kRightWords[] = {"on the right", "on the right side", "at the right"};
constexpr absl::string_view kTopWords[] = {"at the top", "on the top"};
constexpr absl::string_view kBottomWords[] = {"at the bottom", "on the bottom"};
constexpr absl::string_view kLeftOfWords[] = {"to the left of", "left of", "on the left of"};
constexpr absl::string_view kRightOfWords[] = {"to the right of", "right of", "on the right of"};
constexpr absl::string_view kAboveWords[] = {"above"};
constexpr absl::string_view kBelowWords[] = {"below"};
constexpr absl::string_view kPrefixes[] = {"a picture of", "an image of", "a drawing of"};

constexpr double kSayCenter = 0.3;
constexpr double kPrefixed = 0.2;          // "a picture of ..."
constexpr double kBare = 0.25;             // no articles: "red circle on white"
constexpr double kThatIs = 0.15;           // "a circle that is red"
constexpr double kBackgroundFirst = 0.15;  // "a white background with ..."

Words PositionWords(ScenePosition position) {
  switch (position) {
    case ScenePosition::kLeft:
      return kLeftWords;
    case ScenePosition::kRight:
      return kRightWords;
    case ScenePosition::kTop:
      return kTopWords;
    case ScenePosition::kBottom:
      return kBottomWords;
    case ScenePosition::kCenter:
      break;
  }
  return kCenterWords;
}

Words RelationWords(SceneRelation relation) {
  switch (relation) {
    case SceneRelation::kLeftOf:
      return kLeftOfWords;
    case SceneRelation::kRightOf:
      return kRightOfWords;
    case SceneRelation::kAbove:
      return kAboveWords;
    case SceneRelation::kBelow:
    case SceneRelation::kNone:
      break;
  }
  return kBelowWords;
}

std::string Join(const std::vector<std::string>& parts) {
  std::vector<absl::string_view> present;
  for (const std::string& part : parts) {
    if (!part.empty()) present.push_back(part);
  }
  return absl::StrJoin(present, " ");
}

std::string WithArticle(const std::string& noun, bool bare) {
  if (bare) return noun;
  const bool vowel = absl::string_view("aeiou").find(noun.front()) != absl::string_view::npos;
  return absl::StrCat(vowel ? "an " : "a ", noun);
}

// One caption in the making: draws the choices and writes the words.
class CaptionWriter {
 public:
  CaptionWriter(const Scene& scene, const CaptionOptions& options, SceneRandom& random)
      : scene_(scene), options_(options), random_(random) {}

  SceneCaption Write() {
    DecideTruth();
    const bool prefixed = scene_.objects.size() < 3 && random_.Chance(kPrefixed);
    bare_ = !prefixed && random_.Chance(kBare);
    const bool background_first =
        !bare_ && !prefixed && truth_.background && random_.Chance(kBackgroundFirst);
    const std::string subject = Subject();
    std::string text;
    if (background_first) {
      text = Join({BackgroundNoun(), "with", subject, PositionPhrase()});
    } else {
      text = PlaceAround(subject);
    }
    if (prefixed) text = absl::StrCat(random_.Pick(Words(kPrefixes)), " ", text);
    return {std::move(text), std::move(truth_)};
  }

 private:
  SaidObject Said(const SceneObject& object) {
    SaidObject said;
    if (random_.Chance(options_.say_shape)) said.shape = object.shape;
    if (random_.Chance(options_.say_color)) said.color = object.color;
    const bool sized = scene_.kind == SceneKind::kSingle || scene_.kind == SceneKind::kPair;
    if (sized && random_.Chance(options_.say_size)) said.size = object.size;
    said.texture = object.texture;
    return said;
  }

  // What is said, and in which order the objects come.
  void DecideTruth() {
    truth_.kind = scene_.kind;
    truth_.count = static_cast<int>(scene_.objects.size());
    if (random_.Chance(options_.say_background)) truth_.background = scene_.background;
    for (const SceneObject& object : scene_.objects) {
      if (scene_.kind == SceneKind::kCount && !truth_.objects.empty()) break;
      truth_.objects.push_back(Said(object));
    }
    if (scene_.kind == SceneKind::kSingle) truth_.position = scene_.position;
    if (scene_.kind == SceneKind::kPair) {
      const bool flipped = random_.Chance(0.5);
      if (flipped) std::swap(truth_.objects[0], truth_.objects[1]);
      if (random_.Chance(options_.say_relation)) {
        truth_.relation = flipped ? Opposite(scene_.relation) : scene_.relation;
      }
    }
    if (scene_.kind == SceneKind::kTriple) {
      for (int i = 2; i > 0; --i)
        std::swap(truth_.objects[i], truth_.objects[random_.Below(i + 1)]);
    }
  }

  std::string ShapeNoun(const SaidObject& object) {
    return std::string(object.shape ? ShapeName(*object.shape) : "shape");
  }

  std::string Adjectives(const SaidObject& object, bool with_color) {
    std::vector<std::string> words;
    if (object.size) {
      const bool small = *object.size == SceneSize::kSmall;
      words.emplace_back(random_.Pick(small ? Words(kSmallWords) : Words(kLargeWords)));
    }
    if (object.texture != SceneTexture::kSolid) words.emplace_back(TextureName(object.texture));
    if (object.color && with_color) words.emplace_back(ColorName(*object.color));
    return absl::StrJoin(words, " ");
  }

  std::string ObjectPhrase(const SaidObject& object) {
    return WithArticle(Join({Adjectives(object, true), ShapeNoun(object)}), bare_);
  }

  std::string Subject() {
    switch (scene_.kind) {
      case SceneKind::kSingle:
        return SingleSubject();
      case SceneKind::kPair: {
        const std::string first = ObjectPhrase(truth_.objects[0]);
        const std::string second = ObjectPhrase(truth_.objects[1]);
        const bool related = truth_.relation != SceneRelation::kNone;
        const absl::string_view link =
            related ? random_.Pick(RelationWords(truth_.relation)) : absl::string_view("and");
        return absl::StrCat(first, " ", link, " ", second);
      }
      case SceneKind::kTriple:
        return absl::StrCat(ObjectPhrase(truth_.objects[0]), ", ", ObjectPhrase(truth_.objects[1]),
                            " and ", ObjectPhrase(truth_.objects[2]));
      case SceneKind::kCount:
        break;
    }
    const SaidObject& object = truth_.objects[0];
    const bool hissing = object.shape == SceneShape::kCross;
    return Join({truth_.count == 2 ? "two" : "three", Adjectives(object, true),
                 absl::StrCat(ShapeNoun(object), hissing ? "es" : "s")});
  }

  std::string SingleSubject() {
    const SaidObject& object = truth_.objects[0];
    if (bare_ || !object.color || !random_.Chance(kThatIs)) return ObjectPhrase(object);
    const std::string noun = Join({Adjectives(object, false), ShapeNoun(object)});
    return absl::StrCat(WithArticle(noun, false), " that is ", ColorName(*object.color));
  }

  std::string PositionPhrase() {
    if (!truth_.position) return "";
    if (*truth_.position == ScenePosition::kCenter && !random_.Chance(kSayCenter)) return "";
    return std::string(random_.Pick(PositionWords(*truth_.position)));
  }

  std::string BackgroundNoun() {
    return WithArticle(absl::StrCat(ColorName(*truth_.background), " background"), bare_);
  }

  // The subject with its position and background in one of their orders.
  std::string PlaceAround(const std::string& subject) {
    const std::string position = PositionPhrase();
    if (!truth_.background) return Join({subject, position});
    const absl::string_view color = ColorName(*truth_.background);
    const double form = random_.Uniform();
    std::string background = absl::StrCat("on ", BackgroundNoun());
    if (form < 0.2) return absl::StrCat(Join({subject, position}), ", ", color, " background");
    if (form < 0.35) background = absl::StrCat("on ", color);
    if (form >= 0.9 && !bare_ && scene_.objects.size() == 1)
      background = absl::StrCat("in front of ", BackgroundNoun());
    if (!position.empty() && random_.Chance(0.4)) {
      return absl::StrCat(subject, " ", background, ", ", position);
    }
    return Join({subject, position, background});
  }

  const Scene& scene_;
  const CaptionOptions& options_;
  SceneRandom& random_;
  CaptionTruth truth_;
  bool bare_ = false;
};

}  // namespace

SceneCaption CaptionScene(const Scene& scene, const CaptionOptions& options, uint64_t seed,
                          uint64_t variant) {
  SceneRandom random(seed, MixBits(variant + kGoldenGamma));
  return CaptionWriter(scene, options, random).Write();
}

absl::Span<const absl::string_view> CaptionVocabulary() { return kVocabulary; }

}  // namespace strobe::model
