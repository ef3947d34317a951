#include "server/rpc/open_inference/inference_request.h"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/request_error.h"
#include "server/requests/request_limits.h"

namespace strobe::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kMaxImages = 4;

// Adds a text input in typed contents.
inference::ModelInferRequest::InferInputTensor& AddInput(inference::ModelInferRequest& request,
                                                         const std::string& name,
                                                         const std::vector<std::string>& texts) {
  auto& input = *request.add_inputs();
  input.set_name(name);
  input.set_datatype("BYTES");
  input.add_shape(static_cast<int64_t>(texts.size()));
  for (const std::string& text : texts) input.mutable_contents()->add_bytes_contents(text);
  return input;
}

inference::ModelInferRequest Request(const std::vector<std::string>& prompts) {
  inference::ModelInferRequest request;
  AddInput(request, "prompt", prompts);
  return request;
}

// The same in raw contents.
inference::ModelInferRequest RawRequest(const std::string& raw, int64_t count) {
  inference::ModelInferRequest request;
  auto& input = *request.add_inputs();
  input.set_name("prompt");
  input.set_datatype("BYTES");
  input.add_shape(count);
  request.add_raw_input_contents(raw);
  return request;
}

InferenceRequest Read(const inference::ModelInferRequest& request) {
  auto read = ReadInferenceRequest(request, kMaxImages);
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() ? *std::move(read) : InferenceRequest();
}

// "field: description" of each violation.
std::vector<std::string> Wrong(const inference::ModelInferRequest& request,
                               const std::string& reason = "INVALID_REQUEST") {
  const absl::Status status = ReadInferenceRequest(request, kMaxImages).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(ReasonOf(status), reason);
  std::vector<std::string> violations;
  for (const FieldViolation& violation : DetailsOf(status).violations) {
    violations.push_back(violation.field + ": " + violation.description);
  }
  return violations;
}

TEST(InferenceRequestTest, EveryPromptIsAnImage) {
  inference::ModelInferRequest request = Request({"a cat", "a dog"});
  request.set_model_name("tiny");
  request.set_id("mine");
  const InferenceRequest read = Read(request);
  EXPECT_EQ(read.request.model, "tiny");
  EXPECT_EQ(read.request.num_images, 2);
  EXPECT_EQ(read.request.output_format, model::ImageFormat::kRawRgb8);
  ASSERT_EQ(read.request.texts.size(), 2u);
  EXPECT_EQ(read.request.texts[1].prompt, "a dog");
  EXPECT_EQ(read.reply.id, "mine");
  EXPECT_FALSE(read.reply.raw);
  EXPECT_FALSE(read.reply.files);
}

TEST(InferenceRequestTest, ReadsRawTextsBehindTheirLengths) {
  const InferenceRequest read =
      Read(RawRequest(std::string("\3\0\0\0cat\0\0\0\0\2\0\0\0hi", 17), 3));
  ASSERT_EQ(read.request.texts.size(), 3u);
  EXPECT_EQ(read.request.texts[0].prompt, "cat");
  EXPECT_EQ(read.request.texts[1].prompt, "");
  EXPECT_EQ(read.request.texts[2].prompt, "hi");
  EXPECT_TRUE(read.reply.raw);
}

TEST(InferenceRequestTest, RefusesRawTextsThatDoNotAddUp) {
  for (const std::string& raw :
       {std::string("\3\0\0\0ca", 6), std::string("\3\0\0", 3), std::string("\xff\xff\xff\xff", 4),
        std::string("\1\0\0\0ca", 6)}) {
    EXPECT_THAT(Wrong(RawRequest(raw, 1)), ElementsAre(HasSubstr("up to the last byte")));
  }
}

TEST(InferenceRequestTest, TakesColumnsAndRefusesOtherShapes) {
  inference::ModelInferRequest request = Request({"a", "b"});
  auto& shape = *request.mutable_inputs(0)->mutable_shape();
  shape.Add(1);
  EXPECT_EQ(Read(request).request.texts.size(), 2u);
  const std::vector<std::vector<int64_t>> bad = {
      {}, {1}, {3}, {-2}, {1, 2}, {2, 2}, {2, 1, 1}, {std::numeric_limits<int64_t>::max()}};
  for (const std::vector<int64_t>& each : bad) {
    shape.Assign(each.begin(), each.end());
    EXPECT_THAT(Wrong(request), ElementsAre(HasSubstr("prompt: must have shape [n] or [n, 1]")));
  }
}

TEST(InferenceRequestTest, TakesFromOnePromptToTheServersMost) {
  EXPECT_THAT(Wrong(Request({})), ElementsAre("prompt: must have from 1 to 4 elements, got 0"));
  EXPECT_EQ(Read(Request({"a", "b", "c", "d"})).request.num_images, 4);
  EXPECT_THAT(Wrong(Request({"a", "b", "c", "d", "e"})),
              ElementsAre("prompt: must have from 1 to 4 elements, got 5"));
}

TEST(InferenceRequestTest, NegativePromptsAreOneForEachOrOneForAll) {
  inference::ModelInferRequest request = Request({"a", "b"});
  AddInput(request, "negative_prompt", {"blurred"});
  EXPECT_EQ(Read(request).request.texts[1].negative_prompt, "blurred");
  request = Request({"a", "b"});
  AddInput(request, "negative_prompt", {"x", "y"});
  EXPECT_EQ(Read(request).request.texts[1].negative_prompt, "y");
  request = Request({"a", "b"});
  AddInput(request, "negative_prompt", {"x", "y", "z"});
  EXPECT_THAT(Wrong(request), ElementsAre(HasSubstr("negative_prompt: must have one element")));
}

TEST(InferenceRequestTest, TextsAtTheirLimitsFitIntoAMessageInBothContents) {
  RequestLimits limits;
  limits.max_prompt_bytes = 16'384;
  const std::string longest(limits.max_prompt_bytes, 'x');
  const std::vector<std::string> texts(limits.max_images_per_request, longest);
  inference::ModelInferRequest request = Request(texts);
  AddInput(request, "negative_prompt", texts);
  request.set_id(std::string(128, 'x'));
  EXPECT_LE(request.ByteSizeLong(), MaxMessageBytes(limits));

  std::string raw;
  for (size_t i = 0; i < texts.size(); ++i) raw += std::string("\0\x40\0\0", 4) + longest;
  request = RawRequest(raw, limits.max_images_per_request);
  *request.add_inputs() = request.inputs(0);
  request.add_raw_input_contents(raw);
  EXPECT_LE(request.ByteSizeLong(), MaxMessageBytes(limits));
}

TEST(InferenceRequestTest, NamesEveryWrongInput) {
  inference::ModelInferRequest request = Request({"a"});
  AddInput(request, "prompt", {"a"});
  AddInput(request, "secret", {"a"});
  AddInput(request, "negative_prompt", {"a"}).set_datatype("FP32");
  EXPECT_THAT(Wrong(request),
              ElementsAre("prompt: must come once",
                          "inputs: must be prompt and negative_prompt, input 2 is not",
                          "negative_prompt: must have datatype BYTES"));
  EXPECT_THAT(Wrong({}), ElementsAre("prompt: is required"));
}

TEST(InferenceRequestTest, TextsComeOneWayAlone) {
  inference::ModelInferRequest request = Request({"a"});
  request.add_raw_input_contents(std::string("\1\0\0\0a", 5));
  EXPECT_THAT(Wrong(request), ElementsAre(HasSubstr("no contents beside raw_input_contents")));
  request = Request({"a"});
  request.add_raw_input_contents("");
  request.add_raw_input_contents("");
  EXPECT_THAT(Wrong(request), testing::Contains(HasSubstr("one entry for each input")));
}

TEST(InferenceRequestTest, TextsMustBeUtf8AndAreNotRepeated) {
  EXPECT_THAT(Wrong(Request({"fine", "a\xc3\x28"}), "INVALID_UTF8"),
              ElementsAre("prompt: must be valid UTF-8"));
  for (const char* overlong : {"\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    inference::ModelInferRequest request = Request({"fine"});
    AddInput(request, "negative_prompt", {overlong});
    EXPECT_THAT(Wrong(request, "INVALID_UTF8"),
                ElementsAre("negative_prompt: must be valid UTF-8"));
  }
}

using Outputs = std::vector<std::string>;

inference::ModelInferRequest Asking(const Outputs& outputs, const std::string& format) {
  inference::ModelInferRequest request = Request({"a"});
  for (const std::string& output : outputs) request.add_outputs()->set_name(output);
  if (!format.empty()) (*request.mutable_parameters())["format"].set_string_param(format);
  return request;
}

TEST(InferenceRequestTest, FormatAndRequestedOutputSayWhatTheOtherLeavesOpen) {
  struct Case {
    Outputs outputs;
    std::string format;
    model::ImageFormat expected;
  };
  const std::vector<Case> cases = {{{}, "", model::ImageFormat::kRawRgb8},
                                   {{}, "raw", model::ImageFormat::kRawRgb8},
                                   {{}, "png", model::ImageFormat::kPng},
                                   {{}, "WebP", model::ImageFormat::kWebp},
                                   {{"image"}, "", model::ImageFormat::kRawRgb8},
                                   {{"image"}, "raw", model::ImageFormat::kRawRgb8},
                                   {{"encoded_image"}, "", model::ImageFormat::kPng},
                                   {{"encoded_image"}, "jpeg", model::ImageFormat::kJpeg}};
  for (const Case& each : cases) {
    const InferenceRequest read = Read(Asking(each.outputs, each.format));
    EXPECT_EQ(read.request.output_format, each.expected) << each.format;
    EXPECT_EQ(read.reply.files, each.expected != model::ImageFormat::kRawRgb8) << each.format;
  }
  const std::vector<std::pair<Outputs, std::string>> bad = {{{"image"}, "png"},
                                                            {{"encoded_image"}, "raw"},
                                                            {{"image", "encoded_image"}, ""},
                                                            {{"latents"}, ""},
                                                            {{""}, ""}};
  for (const auto& [outputs, format] : bad) {
    EXPECT_THAT(Wrong(Asking(outputs, format)), ElementsAre(HasSubstr("outputs: ")));
  }
}

TEST(InferenceRequestTest, RefusesVersionsThatThereAreNot) {
  inference::ModelInferRequest request = Request({"a"});
  request.set_model_version("1");
  Read(request);
  request.set_model_version("2");
  const absl::Status status = ReadInferenceRequest(request, kMaxImages).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "MODEL_NOT_FOUND");
}

TEST(InferenceRequestTest, TypedContentsHoldLessThanRawOnes) {
  EXPECT_LT(Read(Request({"a"})).request.max_images_bytes,
            Read(RawRequest(std::string("\1\0\0\0a", 5), 1)).request.max_images_bytes);
}

}  // namespace
}  // namespace strobe::server
