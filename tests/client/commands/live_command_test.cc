#include "client/commands/live_command.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/image_io/image_codec.h"
#include "tests/client/commands/commands_test_base.h"

namespace strobe::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string RedPng() {
  model::RgbImage image{2, 2, {}};
  for (int i = 0; i < 4; ++i) image.pixels.insert(image.pixels.end(), {255, 0, 0});
  return *model::EncodeImage(image, model::ImageFormat::kPng, 0);
}

// Gives out what it has, one prompt after the other.
class GivenPrompts final : public PromptSource {
 public:
  explicit GivenPrompts(std::vector<std::string> prompts) : prompts_(std::move(prompts)) {}
  std::optional<std::string> Next(const std::atomic<bool>& over) override {
    if (over || next_ == prompts_.size()) return std::nullopt;
    return prompts_[next_++];
  }

 private:
  const std::vector<std::string> prompts_;
  size_t next_ = 0;
};

class LiveCommandTest : public CommandsTest {
 protected:
  LiveCommandTest() {
    options_.request.preview = PreviewChoice::kNever;
    service_.answer = [](const v1::LiveImagesRequest& request) {
      const int64_t revision = request.revision();
      return std::vector{LiveEvent(revision, AcceptedEvent("r")),
                         LiveEvent(revision, ImageEvent(0, request.request().seed(), RedPng())),
                         LiveEvent(revision, CompletedEvent(1))};
    };
  }

  ExitCode Run(std::vector<std::string> prompts, bool in_place = false) {
    GivenPrompts source(std::move(prompts));
    return RunLive(options_, source, in_place, context_);
  }

  LiveOptions options_;
};

TEST_F(LiveCommandTest, EachPromptIsARevisionAndItsPictureIsTold) {
  options_.request.steps = 2;
  EXPECT_EQ(Run({"a c", "a cat"}), kExitOk);
  EXPECT_EQ(out_.str(), "revision 1: a c\nrevision 2: a cat\n");
  ASSERT_EQ(service_.revisions.size(), 2u);
  EXPECT_EQ(service_.revisions[1].request().prompt(), "a cat");
  EXPECT_EQ(service_.revisions[1].request().num_inference_steps(), 2);
  EXPECT_EQ(service_.revisions[0].request().seed(), service_.revisions[1].request().seed());
  EXPECT_FALSE(service_.revisions[0].has_time_limit());
}

TEST_F(LiveCommandTest, FinalPicturesAreSavedWhenADirectoryIsGiven) {
  options_.request.output = directory_;
  options_.request.seed = 7;
  EXPECT_EQ(Run({"a cat"}), kExitOk);
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/a-cat-7.png"));
  EXPECT_THAT(out_.str(), HasSubstr(directory_ + "/a-cat-7.png"));
}

TEST_F(LiveCommandTest, AFileThatCannotBeWrittenEndsTheSession) {
  std::ofstream(directory_) << "in the way";
  options_.request.output = directory_;
  EXPECT_EQ(Run({"a cat"}), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr(directory_));
}

TEST_F(LiveCommandTest, InPlaceThePictureAndTheTextAreDrawnAgain) {
  options_.request.preview = PreviewChoice::kBlocks;
  EXPECT_EQ(Run({"a cat"}, /*in_place=*/true), kExitOk);
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr("\x1b[H\x1b[J"), HasSubstr("\u2580"), HasSubstr("\n> a cat")));
}

TEST_F(LiveCommandTest, ARefusedRevisionIsToldAndTheLastOneDecidesTheExitCode) {
  const auto draw = service_.answer;
  service_.answer = [draw](const v1::LiveImagesRequest& request) {
    if (request.request().prompt() != "refused") return draw(request);
    v1::LiveImagesResponse refusal;
    refusal.set_revision(request.revision());
    refusal.mutable_error()->set_code(grpc::StatusCode::RESOURCE_EXHAUSTED);
    refusal.mutable_error()->set_message("the queue is full");
    return std::vector{refusal};
  };
  EXPECT_EQ(Run({"refused", "a cat"}), kExitOk);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("revision 1"), HasSubstr("the queue is full")));
  EXPECT_EQ(Run({"a cat", "refused"}), kExitOverloaded);
}

TEST_F(LiveCommandTest, AFailedSessionIsExplained) {
  service_.status = {grpc::StatusCode::UNAVAILABLE, "draining"};
  EXPECT_EQ(Run({"a cat"}), kExitNotServing);
  EXPECT_THAT(err_.str(), HasSubstr("draining"));
}

TEST_F(LiveCommandTest, LinesOfAFileAreTheRevisions) {
  std::filesystem::create_directory(directory_);
  options_.from_file = directory_ + "/drafts.txt";
  std::ofstream(options_.from_file) << "a c\r\n\n  \na cat";
  EXPECT_EQ(RunLive(options_, context_), kExitOk);
  EXPECT_EQ(out_.str(), "revision 1: a c\nrevision 2: a cat\n");
}

TEST_F(LiveCommandTest, AFileThatIsNotThereIsAUsageError) {
  options_.from_file = directory_ + "/nothing";
  EXPECT_EQ(RunLive(options_, context_), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr(options_.from_file));
  EXPECT_THAT(service_.revisions, IsEmpty());
}

TEST(PromptSourceTest, ASourceThatWaitsForInputEndsWhenTheCallIsOver) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto lines = LinesOf(ends[0], absl::ZeroDuration());
  ASSERT_EQ(write(ends[1], "a c\nhalf", 8), 8);
  std::atomic<bool> over = false;
  EXPECT_EQ(lines->Next(over), "a c");
  over = true;
  EXPECT_EQ(lines->Next(over), std::nullopt);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace strobe::client
