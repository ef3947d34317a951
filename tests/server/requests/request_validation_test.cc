#include "server/requests/request_validation.h"

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/request_error.h"

namespace strobe::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kMin = std::numeric_limits<int32_t>::min();
constexpr int kMax = std::numeric_limits<int32_t>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

const ModelRegistry& Models() {
  model::ModelDescription plain;
  plain.name = "plain";
  plain.default_width = 64;
  plain.default_height = 72;
  plain.min_size = 32;
  plain.max_size = 128;
  plain.num_inference_steps = {1, 2, 3};
  plain.default_num_inference_steps = 2;
  model::ModelDescription guided = plain;
  guided.name = "guided";
  guided.supports_guidance = true;
  guided.default_guidance_scale = 7.5f;
  model::ModelDescription distilled = guided;
  distilled.name = "distilled";
  distilled.guidance_is_distilled = true;
  static ModelRegistry* const models = [&] {
    auto* const registry = new ModelRegistry();
    for (const auto& model : {plain, guided, distilled}) registry->Add(registry->NewKey(), model);
    return registry;
  }();
  return *models;
}

using Edit = std::function<void(ImageRequest&)>;

absl::StatusOr<GenerationRequest> Validate(const Edit& edit, const RequestLimits& limits = {},
                                           const EncodedBytesBound& max_encoded_bytes = nullptr) {
  ImageRequest request;
  request.texts = {{"a red circle", ""}};
  edit(request);
  return ValidateRequest(
      request, Models(), limits, [] { return uint64_t{4242}; }, max_encoded_bytes);
}

std::vector<std::string> WrongFields(const Edit& edit, const RequestLimits& limits = {},
                                     const EncodedBytesBound& max_encoded_bytes = nullptr) {
  const auto result = Validate(edit, limits, max_encoded_bytes);
  std::vector<std::string> fields;
  if (result.ok()) return fields;
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument) << result.status();
  EXPECT_EQ(ReasonOf(result.status()), "INVALID_REQUEST");
  for (const FieldViolation& violation : DetailsOf(result.status()).violations) {
    EXPECT_FALSE(violation.description.empty());
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(RequestValidationTest, FillsInEveryDefault) {
  const auto result = Validate([](auto&) {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->model.description().name, "plain");
  ASSERT_EQ(result->samples.size(), 1u);
  const model::GenerationSpec& spec = result->samples[0];
  EXPECT_EQ(spec.prompt, "a red circle");
  EXPECT_EQ(spec.width, 64);
  EXPECT_EQ(spec.height, 72);
  EXPECT_EQ(spec.num_inference_steps, 2);
  EXPECT_EQ(spec.guidance_scale, 1.0f);
  EXPECT_EQ(spec.seed, 4242u);
  EXPECT_EQ(result->min_inference_steps, 2);
  EXPECT_EQ(result->partial_images, 0);
  EXPECT_EQ(result->output_format, model::ImageFormat::kPng);
  EXPECT_EQ(result->deadline_policy, DeadlinePolicy::kFail);
  EXPECT_EQ(result->priority, Priority::kInteractive);
}

TEST(RequestValidationTest, TakesOverWhatWasAskedFor) {
  const auto result = Validate([](auto& r) {
    r.model = "guided";
    r.texts[0].negative_prompt = "blurry";
    r.num_images = 3;
    r.width = 32;
    r.height = 128;
    r.num_inference_steps = 3;
    r.min_inference_steps = 1;
    r.partial_images = 2;
    r.output_quality = 75;
    r.seed = std::numeric_limits<uint64_t>::max();
    r.output_format = model::ImageFormat::kWebp;
    r.deadline_policy = DeadlinePolicy::kBestEffort;
    r.priority = Priority::kBatch;
  });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->model.description().name, "guided");
  ASSERT_EQ(result->samples.size(), 3u);
  EXPECT_EQ(result->samples[0].guidance_scale, 7.5f);
  EXPECT_EQ(result->samples[0].negative_prompt, "blurry");
  EXPECT_EQ(result->samples[0].seed, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(result->samples[1].seed, 0u);
  EXPECT_EQ(result->samples[2].seed, 1u);
  EXPECT_EQ(result->samples[2].height, 128);
  EXPECT_EQ(result->min_inference_steps, 1);
  EXPECT_EQ(result->partial_images, 2);
  EXPECT_EQ(result->output_format, model::ImageFormat::kWebp);
  EXPECT_EQ(result->output_quality, 75);
  EXPECT_EQ(result->deadline_policy, DeadlinePolicy::kBestEffort);
  EXPECT_EQ(result->priority, Priority::kBatch);
}

TEST(RequestValidationTest, ChecksEveryNumberAtItsEdges) {
  struct Case {
    std::string field;
    void (*set)(ImageRequest&, int);
    std::vector<int> good;
    std::vector<int> bad;
  };
  using R = ImageRequest;
  const std::vector<Case> cases = {
      {"num_images", [](R& r, int v) { r.num_images = v; }, {0, 1, 8}, {kMin, -1, 9, kMax}},
      {"width",
       [](R& r, int v) { r.width = v; },
       {0, 32, 72, 128},
       {kMin, -8, -1, 1, 8, 31, 33, 136, kMax, kMax - 7}},
      {"height",
       [](R& r, int v) { r.height = v; },
       {0, 32, 72, 128},
       {kMin, -8, -1, 1, 24, 65, 136, kMax, kMax - 7}},
      {"num_inference_steps",
       [](R& r, int v) { r.num_inference_steps = v; },
       {0, 1, 2, 3},
       {kMin, -1, 4, kMax}},
      {"min_inference_steps",
       [](R& r, int v) { r.min_inference_steps = v; },
       {0, 1, 2},
       {kMin, -1, 3, kMax}},
      {"partial_images", [](R& r, int v) { r.partial_images = v; }, {0, 1}, {kMin, -1, 2, kMax}},
      {"output_quality",
       [](R& r, int v) {
         r.output_format = model::ImageFormat::kJpeg;
         r.output_quality = v;
       },
       {0, 1, 100},
       {kMin, -1, 101, kMax}},
      {"output_quality", [](R& r, int v) { r.output_quality = v; }, {0}, {kMin, -1, 1, 90}},
  };
  for (const Case& c : cases) {
    for (const int value : c.good) {
      EXPECT_THAT(WrongFields([&](auto& r) { c.set(r, value); }), IsEmpty())
          << c.field << " = " << value;
    }
    for (const int value : c.bad) {
      EXPECT_THAT(WrongFields([&](auto& r) { c.set(r, value); }), ElementsAre(c.field))
          << c.field << " = " << value;
    }
  }
}

TEST(RequestValidationTest, ChecksGuidanceAgainstTheModel) {
  struct Case {
    std::string model;
    float value;
    bool good;
  };
  for (const Case& c : std::vector<Case>{{"plain", 0.0f, true},
                                         {"plain", 1.0f, true},
                                         {"plain", 1.5f, false},
                                         {"plain", -0.0f, true},
                                         {"plain", 1e-40f, false},
                                         {"guided", 0.0f, true},
                                         {"guided", 50.0f, true},
                                         {"guided", 50.1f, false},
                                         {"guided", -0.1f, false},
                                         {"guided", kInfinity, false},
                                         {"guided", -kInfinity, false},
                                         {"guided", std::nanf(""), false},
                                         {"plain", std::nanf(""), false},
                                         {"guided", 1e38f, false}}) {
    const auto wrong = WrongFields([&](auto& r) {
      r.model = c.model;
      r.guidance_scale = c.value;
    });
    EXPECT_EQ(wrong.empty(), c.good) << c.model << " " << c.value;
    if (!c.good) {
      EXPECT_THAT(wrong, ElementsAre("guidance_scale"));
    }
  }
}

TEST(RequestValidationTest, NegativePromptsNeedGuidance) {
  EXPECT_THAT(WrongFields([](auto& r) { r.texts[0].negative_prompt = "blurry"; }),
              ElementsAre("negative_prompt"));
  EXPECT_THAT(WrongFields([](auto& r) {
                r.model = "guided";
                r.texts[0].negative_prompt = "blurry";
                r.guidance_scale = 1.0f;
              }),
              ElementsAre("negative_prompt"));
  EXPECT_THAT(WrongFields([](auto& r) {
                r.model = "distilled";
                r.texts[0].negative_prompt = "blurry";
              }),
              ElementsAre("negative_prompt"));
}

TEST(RequestValidationTest, ChecksTheTextItself) {
  for (const std::string& prompt :
       {std::string(), std::string("  \t\n "), std::string("a\0b", 3), std::string("a\rb"),
        std::string("a\x1b[31mb"), std::string("a\x7f"), std::string(2049, 'x')}) {
    EXPECT_THAT(WrongFields([&](auto& r) { r.texts[0].prompt = prompt; }), ElementsAre("prompt"));
  }
  for (const std::string& prompt :
       {std::string("a\tb\nc"), std::string(2048, 'x'), std::string("\xe2\x80\x8b zero width")}) {
    EXPECT_THAT(WrongFields([&](auto& r) { r.texts[0].prompt = prompt; }), IsEmpty());
  }
}

TEST(RequestValidationTest, NamesAllWrongFieldsAtOnceAndNeverEchoesThePrompt) {
  const Edit edit = [](auto& r) {
    r.texts[0].prompt = "canary\x01";
    r.guidance_scale = std::nanf("");
    r.num_images = -1;
    r.width = -8;
    r.height = 9;
    r.num_inference_steps = 77;
    r.unreadable = {{"priority", "unknown value 9"}};
  };
  EXPECT_THAT(WrongFields(edit), ElementsAre("prompt", "guidance_scale", "num_images", "width",
                                             "height", "num_inference_steps", "priority"));
  EXPECT_THAT(Validate(edit).status().ToString(), testing::Not(testing::HasSubstr("canary")));
}

TEST(RequestValidationTest, WhatCouldNotBeReadIsNamedInItsPlaceAndWhatDependsOnItIsNot) {
  const auto wrong = WrongFields([](auto& r) {
    r.width = 1;
    r.output_quality = 50;  // would be wrong for PNG
    r.unreadable = {{"priority", "unknown value 3"},
                    {"deadline_policy", "unknown value -1"},
                    {"output_format", "unknown value 99"}};
  });
  EXPECT_THAT(wrong, ElementsAre("width", "output_format", "deadline_policy", "priority"));
}

TEST(RequestValidationTest, UnknownModelsAreNotFoundAndTheNameIsNotEchoed) {
  const auto result = Validate([](auto& r) { r.model = "../../etc/passwd"; });
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(result.status()), "MODEL_NOT_FOUND");
  EXPECT_THAT(std::string(result.status().message()), testing::HasSubstr("plain, guided"));
  EXPECT_THAT(std::string(result.status().message()), testing::Not(testing::HasSubstr("passwd")));
}

TEST(RequestValidationTest, BoundsTheWorkOfARequest) {
  RequestLimits limits;
  limits.max_pixel_steps = int64_t{2} * 64 * 64 * 3;
  const auto edit = [](int images) {
    return [images](ImageRequest& r) {
      r.height = 64;
      r.num_inference_steps = 3;
      r.num_images = images;
    };
  };
  EXPECT_THAT(WrongFields(edit(2), limits), IsEmpty());
  EXPECT_THAT(WrongFields(edit(3), limits), ElementsAre("num_images"));
}

TEST(RequestValidationTest, RefusesPicturesThatNoMessageCanCarry) {
  RequestLimits limits;
  limits.max_image_bytes = 1000;
  const EncodedBytesBound bound = [](model::ImageFormat format, int width, int height) -> size_t {
    EXPECT_EQ(width, 64);
    EXPECT_EQ(height, 72);
    return format == model::ImageFormat::kJpeg ? 1000 : 1001;
  };
  EXPECT_THAT(WrongFields([](auto&) {}, limits, bound), ElementsAre("width"));
  EXPECT_THAT(
      WrongFields([](auto& r) { r.output_format = model::ImageFormat::kJpeg; }, limits, bound),
      IsEmpty());
}

TEST(RequestValidationTest, WhateverComesInWhatGoesOutIsWithinTheLimits) {
  std::mt19937 random(7);
  const int edges[] = {kMin, -1, 0, 1, 2, 3, 8, 9, 32, 64, 100, 128, 129, kMax};
  const auto pick = [&] { return edges[random() % std::size(edges)]; };
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto result = Validate([&](auto& r) {
      r.num_images = pick();
      if (random() % 2) r.width = pick();
      if (random() % 2) r.height = pick();
      if (random() % 2) r.num_inference_steps = pick();
      if (random() % 2) r.min_inference_steps = pick();
      if (random() % 4 == 0) r.partial_images = pick();
    });
    if (!result.ok()) continue;
    ++accepted;
    const model::GenerationSpec& spec = result->samples.front();
    EXPECT_TRUE(spec.width >= 32 && spec.width <= 128 && spec.width % 8 == 0);
    EXPECT_TRUE(spec.height >= 32 && spec.height <= 128 && spec.height % 8 == 0);
    EXPECT_LE(result->samples.size(), 8u);
    EXPECT_GE(result->min_inference_steps, 1);
    EXPECT_LE(result->min_inference_steps, spec.num_inference_steps);
    EXPECT_LT(result->partial_images, spec.num_inference_steps);
  }
  EXPECT_GT(accepted, 100);
}

absl::StatusOr<GenerationRequest> ValidateParsed(const ImageRequest& request) {
  return ValidateRequest(request, Models(), {}, [] { return uint64_t{4242}; });
}

TEST(RequestValidationTest, ImagesMayHaveTextsOfTheirOwn) {
  ImageRequest request;
  request.model = "guided";
  request.num_images = 2;
  request.seed = 5;
  request.texts = {{"a cat", ""}, {"a dog", "blurred"}};
  const auto valid = ValidateParsed(request);
  ASSERT_TRUE(valid.ok()) << valid.status();
  EXPECT_EQ(valid->samples[0].prompt, "a cat");
  EXPECT_EQ(valid->samples[0].negative_prompt, "");
  EXPECT_EQ(valid->samples[1].prompt, "a dog");
  EXPECT_EQ(valid->samples[1].negative_prompt, "blurred");
  EXPECT_EQ(valid->samples[1].seed, 6u);

  request.model = "plain";
  request.texts[0].prompt = "a\tcat\x01";
  request.texts[1].prompt = " ";
  std::vector<std::string> fields;
  for (const FieldViolation& violation : DetailsOf(ValidateParsed(request).status()).violations) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ElementsAre("prompt[0]", "prompt[1]", "negative_prompt[1]"));
}

TEST(RequestValidationTest, BoundsWhatOneMessageOfAllImagesHolds) {
  ImageRequest request;
  request.texts = {{"a red circle", ""}};
  request.num_images = 4;
  request.max_images_bytes = 4 * 64 * 72 * 3;
  EXPECT_TRUE(ValidateParsed(request).ok());
  request.max_images_bytes -= 1;
  const absl::Status status = ValidateParsed(request).status();
  ASSERT_EQ(DetailsOf(status).violations.size(), 1u);
  EXPECT_EQ(DetailsOf(status).violations[0].field, "num_images");
}

}  // namespace
}  // namespace strobe::server
