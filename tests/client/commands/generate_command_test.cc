#include "client/commands/generate_command.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "model/image_io/image_codec.h"
#include "tests/client/commands/commands_test_base.h"

namespace strobe::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string RedPng() {
  model::RgbImage image{4, 4, {}};
  for (int i = 0; i < 16; ++i) image.pixels.insert(image.pixels.end(), {255, 0, 0});
  return *model::EncodeImage(image, model::ImageFormat::kPng, 0);
}

class GenerateCommandTest : public CommandsTest {
 protected:
  GenerateCommandTest() {
    options_.prompts = {"a cat"};
    options_.output = directory_;
    options_.preview = PreviewChoice::kNever;
    options_.deadline = absl::Seconds(20);
    service_.events = {AcceptedEvent("r-1"), ImageEvent(1, 8, "second"), ImageEvent(0, 7, RedPng()),
                       CompletedEvent(2)};
  }
  std::string File(const std::string& name) {
    std::ostringstream content;
    content << std::ifstream(directory_ + "/" + name, std::ios::binary).rdbuf();
    return content.str();
  }

  GenerateOptions options_;
};

TEST_F(GenerateCommandTest, SavesEveryImageAndTellsPathsAndTimes) {
  EXPECT_EQ(RunGenerate(options_, context_), kExitOk);
  EXPECT_EQ(File("a-cat-7.png"), RedPng());
  EXPECT_EQ(File("a-cat-8.png"), "second");
  EXPECT_THAT(out_.str(), AllOf(HasSubstr(directory_ + "/a-cat-7.png\n"), HasSubstr("denoise"),
                                HasSubstr("42.5"), HasSubstr("total on the server 50.0")));
  EXPECT_THAT(err_.str(), IsEmpty()) << "progress off a terminal";
}

TEST_F(GenerateCommandTest, SeveralPromptsAreOneRequestEachInOrder) {
  options_.prompts = {"a cat", "a dog"};
  EXPECT_EQ(RunGenerate(options_, context_), kExitOk);
  ASSERT_EQ(service_.requests.size(), 2u);
  EXPECT_EQ(service_.requests[1].prompt(), "a dog");
  EXPECT_EQ(File("a-dog-7.png"), RedPng());
}

TEST_F(GenerateCommandTest, QuietPrintsFileNamesOnly) {
  options_.quiet = true;
  EXPECT_EQ(RunGenerate(options_, context_), kExitOk);
  EXPECT_EQ(out_.str(), directory_ + "/a-cat-8.png\n" + directory_ + "/a-cat-7.png\n");
}

TEST_F(GenerateCommandTest, JsonIsTheWholeOutput) {
  options_.json = true;
  EXPECT_EQ(RunGenerate(options_, context_), kExitOk);
  const nlohmann::json json = nlohmann::json::parse(out_.str());
  const nlohmann::json& request = json.at("requests").at(0);
  EXPECT_EQ(request.at("request_id"), "r-1");
  EXPECT_EQ(request.at("images").at(0).at("seed"), 7);
  EXPECT_EQ(request.at("images").at(0).at("path"), directory_ + "/a-cat-7.png");
  EXPECT_EQ(request.at("images").at(0).at("account").at("denoise_batch_sizes").at(0), 8);
  EXPECT_DOUBLE_EQ(request.at("server_total_seconds").get<double>(), 0.05);
  EXPECT_TRUE(request.at("error").is_null());
}

TEST_F(GenerateCommandTest, PartialImagesAreSavedUnderTheirSteps) {
  v1::GenerateImagesResponse partial;
  *partial.mutable_partial_image() = ImageEvent(0, 7, "early").image();
  partial.mutable_partial_image()->set_steps_done(1);
  service_.events.insert(service_.events.begin() + 1, partial);
  EXPECT_EQ(RunGenerate(options_, context_), kExitOk);
  EXPECT_EQ(File("a-cat-7-step1.png"), "early");
}

TEST_F(GenerateCommandTest, ThePreviewIsDrawnWhenChosen) {
  options_.preview = PreviewChoice::kBlocks;
  EXPECT_EQ(RunGenerate(options_, context_), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("\x1b[38;2;255;0;0m\x1b[48;2;255;0;0m\u2580"));
}

TEST_F(GenerateCommandTest, ProgressIsShownAndWipedOnATerminal) {
  v1::GenerateImagesResponse step;
  step.mutable_progress()->set_steps_done(2);
  step.mutable_progress()->set_num_inference_steps(3);
  service_.events.insert(service_.events.begin() + 1, step);
  context_.err_is_terminal = true;
  EXPECT_EQ(RunGenerate(options_, context_), kExitOk);
  EXPECT_THAT(err_.str(), HasSubstr("a cat: image 1: step 2 of 3"));
  EXPECT_THAT(err_.str(), ::testing::EndsWith("\r\x1b[K"));
}

TEST_F(GenerateCommandTest, ARefusalNamesEveryFieldAndStopsTheRest) {
  google::rpc::BadRequest bad;
  bad.add_field_violations()->set_field("width");
  bad.add_field_violations()->set_field("num_images");
  google::rpc::Status details;
  details.add_details()->PackFrom(bad);
  service_.events.clear();
  service_.status = {grpc::StatusCode::INVALID_ARGUMENT, "2 fields are wrong",
                     details.SerializeAsString()};
  options_.prompts = {"a cat", "a dog"};
  EXPECT_EQ(RunGenerate(options_, context_), kExitRefused);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("width"), HasSubstr("num_images")));
  EXPECT_THAT(out_.str(), IsEmpty());
  EXPECT_EQ(service_.requests.size(), 1u);
}

TEST_F(GenerateCommandTest, AFailureIsInTheJsonToo) {
  service_.status = {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"};
  options_.json = true;
  EXPECT_EQ(RunGenerate(options_, context_), kExitOverloaded);
  const nlohmann::json json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json.at("requests").at(0).at("error").at("code"), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(json.at("requests").at(0).at("images").size(), 2u) << "what had come is kept";
}

TEST_F(GenerateCommandTest, AFileThatCannotBeWrittenEndsTheCall) {
  std::ofstream(directory_) << "in the way";
  service_.wait_for_cancel = true;
  EXPECT_EQ(RunGenerate(options_, context_), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr(directory_));
}

TEST_F(GenerateCommandTest, AnInterruptCancelsTheCallAndExitsWith130) {
  service_.wait_for_cancel = true;
  std::thread interrupt([this] {
    service_.waiting.WaitForNotification();
    canceller_.Cancel();
  });
  EXPECT_EQ(RunGenerate(options_, context_), kExitInterrupted);
  interrupt.join();
}

TEST_F(GenerateCommandTest, TheDeadlineOfTheCommandLineIsTheCalls) {
  service_.wait_for_cancel = true;
  options_.deadline = absl::Milliseconds(50);
  EXPECT_EQ(RunGenerate(options_, context_), kExitDeadlineExceeded);
  EXPECT_TRUE(service_.had_deadline);
  EXPECT_THAT(err_.str(), HasSubstr("--best-effort"));
}

TEST_F(GenerateCommandTest, ADeadlineOfZeroIsNone) {
  options_.deadline = absl::ZeroDuration();
  EXPECT_EQ(RunGenerate(options_, context_), kExitOk);
  EXPECT_FALSE(service_.had_deadline);
}

}  // namespace
}  // namespace strobe::client
