#include "client/commands/generate_options.h"

#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "client/commands/command_line.h"
#include "client/commands/common_flags.h"
#include "client/commands/exit_codes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using ::testing::HasSubstr;

TEST(ParseSizeTest, TakesTwoSidesOrASquare) {
  EXPECT_EQ(*ParseSize("128x96"), std::pair(128, 96));
  EXPECT_EQ(*ParseSize("64"), std::pair(64, 64));
  for (const char* wrong :
       {"", "x", "64x", "x64", "0x64", "-8x8", "64x64x64", "a", "99999999999"}) {
    EXPECT_FALSE(ParseSize(wrong).ok()) << wrong;
  }
}

TEST(ParseDurationFlagTest, TakesUnitsOrSeconds) {
  EXPECT_EQ(*ParseDurationFlag("10s"), absl::Seconds(10));
  EXPECT_EQ(*ParseDurationFlag("500ms"), absl::Milliseconds(500));
  EXPECT_EQ(*ParseDurationFlag("1m30s"), absl::Seconds(90));
  EXPECT_EQ(*ParseDurationFlag("2.5"), absl::Milliseconds(2500));
  EXPECT_EQ(*ParseDurationFlag("0"), absl::ZeroDuration());
  for (const char* wrong : {"", "soon", "-1s", "-1", "10 parsecs", "nan"}) {
    EXPECT_FALSE(ParseDurationFlag(wrong).ok()) << wrong;
  }
}

TEST(GenerateCommandLineTest, EveryFlagReachesTheRequest) {
  const CommandLine line = ParseCommandLine({"generate",
                                             "a cat",
                                             "a dog",
                                             "--model",
                                             "tiny",
                                             "--negative-prompt",
                                             "ugly",
                                             "--seed",
                                             "18446744073709551615",
                                             "--steps",
                                             "3",
                                             "--size",
                                             "128x96",
                                             "--num-images",
                                             "2",
                                             "--guidance-scale",
                                             "7.5",
                                             "--format",
                                             "webp",
                                             "--quality",
                                             "80",
                                             "--partial-images",
                                             "1",
                                             "--deadline",
                                             "10s",
                                             "--best-effort",
                                             "--priority",
                                             "batch",
                                             "--request-id",
                                             "r1",
                                             "--output",
                                             "out",
                                             "--preview",
                                             "blocks",
                                             "--address",
                                             "h:1"});
  ASSERT_FALSE(line.exit_code.has_value()) << line.text;
  EXPECT_THAT(line.generate.prompts, ::testing::ElementsAre("a cat", "a dog"));
  EXPECT_EQ(line.generate.deadline, absl::Seconds(10));
  EXPECT_EQ(line.generate.preview, PreviewChoice::kBlocks);
  EXPECT_EQ(line.generate.connection.address, "h:1");
  EXPECT_EQ(line.generate.output, "out");
  EXPECT_EQ(line.generate.request_id, "r1");

  const v1::GenerateImagesRequest request = MakeRequest(line.generate, "a cat");
  EXPECT_EQ(request.prompt(), "a cat");
  EXPECT_EQ(request.model(), "tiny");
  EXPECT_EQ(request.negative_prompt(), "ugly");
  EXPECT_EQ(request.seed(), UINT64_MAX);
  EXPECT_EQ(request.num_inference_steps(), 3);
  EXPECT_EQ(request.width(), 128);
  EXPECT_EQ(request.height(), 96);
  EXPECT_EQ(request.num_images(), 2);
  EXPECT_FLOAT_EQ(request.guidance_scale(), 7.5f);
  EXPECT_EQ(request.output_format(), v1::OUTPUT_FORMAT_WEBP);
  EXPECT_EQ(request.output_quality(), 80);
  EXPECT_EQ(request.partial_images(), 1);
  EXPECT_EQ(request.deadline_policy(), v1::DEADLINE_POLICY_BEST_EFFORT);
  EXPECT_EQ(request.priority(), v1::PRIORITY_BATCH);
}

TEST(GenerateCommandLineTest, WhatIsNotGivenIsLeftToTheServer) {
  const CommandLine line = ParseCommandLine({"generate", "cat"});
  v1::GenerateImagesRequest expected;
  expected.set_prompt("cat");
  expected.set_output_format(v1::OUTPUT_FORMAT_PNG);
  EXPECT_EQ(MakeRequest(line.generate, "cat").SerializeAsString(), expected.SerializeAsString());
}

TEST(GenerateCommandLineTest, WrongCommandLinesAreRefused) {
  for (const char* wrong :
       {"generate", "generate cat --size 3y", "generate cat --seed -1", "generate cat --steps x",
        "generate cat --format tiff", "generate cat --deadline soon", "generate cat --nonsense",
        "generate cat --preview ascii"}) {
    EXPECT_EQ(ParseCommandLine(absl::StrSplit(wrong, ' ')).exit_code, kExitUsage) << wrong;
  }
}

TEST(RequestIdTest, TakesWhatAServerTakes) {
  EXPECT_TRUE(IsRequestId("nightly-7"));
  EXPECT_TRUE(IsRequestId(std::string(128, 'a')));
  for (const std::string& wrong : {std::string(), std::string("a b"), std::string("a\n"),
                                   std::string("\xc3\xa9"), std::string(129, 'a')}) {
    EXPECT_FALSE(IsRequestId(wrong)) << wrong;
  }
  EXPECT_THAT(ParseCommandLine({"generate", "cat", "--request-id", "a b"}).text,
              HasSubstr("--request-id"));
}

TEST(ExitCodeForTest, CodesAreAsDocumented) {
  EXPECT_EQ(ExitCodeFor(grpc::StatusCode::OK), 0);
  EXPECT_EQ(ExitCodeFor(grpc::StatusCode::INTERNAL), 1);
  EXPECT_EQ(ExitCodeFor(grpc::StatusCode::UNAVAILABLE), 3);
  EXPECT_EQ(ExitCodeFor(grpc::StatusCode::INVALID_ARGUMENT), 4);
  EXPECT_EQ(ExitCodeFor(grpc::StatusCode::NOT_FOUND), 4);
  EXPECT_EQ(ExitCodeFor(grpc::StatusCode::RESOURCE_EXHAUSTED), 5);
  EXPECT_EQ(ExitCodeFor(grpc::StatusCode::DEADLINE_EXCEEDED), 6);
}

}  // namespace
}  // namespace strobe::client
