#include "server/rpc/open_inference/inference_parameters.h"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class InferenceParametersTest : public testing::Test {
 protected:
  // What the parameters make of an empty request; all must be right.
  ImageRequest Read() {
    ImageRequest request;
    std::vector<FieldViolation> violations;
    ReadInferenceParameters(parameters_, request, violations);
    EXPECT_THAT(violations, IsEmpty());
    return request;
  }

  std::vector<std::string> Wrong() {
    ImageRequest request;
    std::vector<FieldViolation> violations;
    ReadInferenceParameters(parameters_, request, violations);
    std::vector<std::string> texts;
    for (const FieldViolation& violation : violations) {
      EXPECT_EQ(violation.field, "parameters");
      texts.push_back(violation.description);
    }
    return texts;
  }

  InferenceParameters parameters_;
};

TEST_F(InferenceParametersTest, NoneLeaveEverythingToTheDefaults) {
  const ImageRequest request = Read();
  EXPECT_FALSE(request.seed.has_value());
  EXPECT_FALSE(request.guidance_scale.has_value());
  EXPECT_FALSE(request.output_format.has_value());
  EXPECT_EQ(request.width, 0);
  EXPECT_EQ(request.height, 0);
  EXPECT_EQ(request.num_inference_steps, 0);
  EXPECT_EQ(request.output_quality, 0);
  EXPECT_EQ(request.deadline_policy, DeadlinePolicy::kFail);
  EXPECT_EQ(request.priority, Priority::kInteractive);
  EXPECT_EQ(request.time_limit, absl::InfiniteDuration());
}

TEST_F(InferenceParametersTest, FillInTheRequest) {
  parameters_["seed"].set_int64_param(7);
  parameters_["steps"].set_int64_param(3);
  parameters_["width"].set_int64_param(128);
  parameters_["height"].set_uint64_param(96);
  parameters_["guidance_scale"].set_double_param(2.5);
  parameters_["deadline_policy"].set_string_param("best_effort");
  parameters_["format"].set_string_param("jpeg");
  parameters_["output_quality"].set_int64_param(80);
  parameters_["priority"].set_uint64_param(2);
  parameters_["timeout"].set_int64_param(1500);
  const ImageRequest request = Read();
  EXPECT_EQ(request.seed, 7u);
  EXPECT_EQ(request.num_inference_steps, 3);
  EXPECT_EQ(request.width, 128);
  EXPECT_EQ(request.height, 96);
  EXPECT_EQ(request.guidance_scale, 2.5f);
  EXPECT_EQ(request.deadline_policy, DeadlinePolicy::kBestEffort);
  EXPECT_EQ(request.output_format, model::ImageFormat::kJpeg);
  EXPECT_EQ(request.output_quality, 80);
  EXPECT_EQ(request.priority, Priority::kBatch);
  EXPECT_EQ(request.time_limit, absl::Microseconds(1500));
}

TEST_F(InferenceParametersTest, SizeIsWidthThenHeight) {
  parameters_["size"].set_string_param("128x96");
  const ImageRequest request = Read();
  EXPECT_EQ(request.width, 128);
  EXPECT_EQ(request.height, 96);
  for (const char* bad : {"", "128", "x", "128x", "128x96x3", "99999999999x8", "a large x"}) {
    parameters_["size"].set_string_param(bad);
    EXPECT_THAT(Wrong(), ElementsAre("size must be a text like 128x96")) << bad;
  }
}

TEST_F(InferenceParametersTest, EverySeedIsTaken) {
  parameters_["seed"].set_int64_param(-1);
  EXPECT_EQ(Read().seed, std::numeric_limits<uint64_t>::max());
  parameters_["seed"].set_uint64_param(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(Read().seed, std::numeric_limits<uint64_t>::max());
  parameters_["seed"].set_int64_param(0);
  EXPECT_TRUE(Read().seed.has_value());
}

TEST_F(InferenceParametersTest, NumbersMayBeWhole) {
  parameters_["guidance_scale"].set_int64_param(2);
  parameters_["num_inference_steps"].set_uint64_param(2);
  EXPECT_EQ(Read().guidance_scale, 2.0f);
  EXPECT_EQ(Read().num_inference_steps, 2);
}

TEST_F(InferenceParametersTest, TwoNamesOfOneThingAreTooMany) {
  parameters_["steps"].set_int64_param(2);
  parameters_["num_inference_steps"].set_int64_param(2);
  parameters_["size"].set_string_param("64x64");
  parameters_["width"].set_int64_param(64);
  EXPECT_THAT(Wrong(), ElementsAre("steps comes beside its other name",
                                   "size comes beside width or height"));
}

TEST_F(InferenceParametersTest, NamesEveryValueOfAWrongType) {
  parameters_["seed"].set_string_param("7");
  parameters_["width"].set_int64_param(int64_t{1} << 40);
  parameters_["height"].set_uint64_param(std::numeric_limits<uint64_t>::max());
  parameters_["guidance_scale"].set_bool_param(true);
  parameters_["format"].set_string_param("gif");
  parameters_["deadline_policy"].set_string_param("soon");
  parameters_["priority"].set_int64_param(-1);
  parameters_["timeout"].set_double_param(1.5);
  parameters_["steps"];  // nothing at all
  EXPECT_THAT(
      Wrong(),
      ElementsAre("seed must be a whole number", "steps must be a whole number of 32 bits",
                  "width must be a whole number of 32 bits",
                  "height must be a whole number of 32 bits", "guidance_scale must be a number",
                  "deadline_policy must be fail or best_effort",
                  "format must be raw, png, jpeg or webp", "priority must be a whole number from 0",
                  "timeout must be microseconds from 0"));
}

TEST_F(InferenceParametersTest, UnknownNamesAreRefusedAndNotRepeated) {
  parameters_["step"].set_int64_param(1);
  parameters_["my secret prompt"].set_int64_param(1);
  parameters_["seed"].set_int64_param(1);
  EXPECT_THAT(Wrong(), ElementsAre("2 unknown; there are: seed, num_inference_steps, steps, width, "
                                   "height, size, guidance_scale, deadline_policy, format, "
                                   "output_quality, priority, timeout"));
}

TEST_F(InferenceParametersTest, NoTimeoutAndTheHighestPrioritiesAreTheDefaults) {
  parameters_["timeout"].set_int64_param(0);
  for (const int level : {0, 1}) {
    parameters_["priority"].set_int64_param(level);
    EXPECT_EQ(Read().priority, Priority::kInteractive);
  }
  EXPECT_EQ(Read().time_limit, absl::InfiniteDuration());
}

}  // namespace
}  // namespace strobe::server
