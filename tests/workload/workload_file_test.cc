#include "workload/workload_file.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::workload {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(WorkloadFileTest, ReadsEveryKeyOfAClass) {
  const auto workload = ParseWorkload(R"({"classes": [{
      "name": "chat", "weight": 3, "prompts": ["a", "b"], "sizes": ["64x48", 32], "steps": [1, 2],
      "model": "m", "negative_prompt": "n", "guidance_scale": 1.5, "min_steps": 1, "num_images": 2,
      "partial_images": 1, "format": "jpeg", "quality": 80, "deadline": "500ms",
      "deadline_policy": "best_effort", "priority": "batch", "slo": 0.25,
      "cancel": {"share": 0.1, "after": "50ms"}}]})");
  ASSERT_TRUE(workload.ok()) << workload.status();
  const RequestClass& read = workload->classes().front();
  EXPECT_EQ(read.name, "chat");
  EXPECT_EQ(read.weight, 3);
  EXPECT_THAT(read.prompts, ElementsAre("a", "b"));
  ASSERT_EQ(read.sizes.size(), 2u);
  EXPECT_EQ(read.sizes[0].height, 48);
  EXPECT_EQ(read.sizes[1].width, 32);
  EXPECT_THAT(read.steps, ElementsAre(1, 2));
  EXPECT_EQ(read.model, "m");
  EXPECT_EQ(read.negative_prompt, "n");
  EXPECT_EQ(read.guidance_scale, 1.5f);
  EXPECT_EQ(read.min_steps, 1);
  EXPECT_EQ(read.num_images, 2);
  EXPECT_EQ(read.partial_images, 1);
  EXPECT_EQ(read.format, "jpeg");
  EXPECT_EQ(read.quality, 80);
  EXPECT_EQ(read.deadline, absl::Milliseconds(500));
  EXPECT_TRUE(read.best_effort);
  EXPECT_TRUE(read.batch_priority);
  EXPECT_EQ(read.slo, absl::Milliseconds(250));
  EXPECT_EQ(read.objective(), absl::Milliseconds(250));
  EXPECT_EQ(read.cancel_share, 0.1);
  EXPECT_EQ(read.cancel_after, absl::Milliseconds(50));
}

TEST(WorkloadFileTest, AnEmptyClassHasTheDefaults) {
  const auto workload = ParseWorkload(R"({"classes": [{}]})");
  ASSERT_TRUE(workload.ok());
  const RequestClass& read = workload->classes().front();
  EXPECT_EQ(read.deadline, absl::InfiniteDuration());
  EXPECT_EQ(read.cancel_share, 0);
  EXPECT_EQ(read.prompts.size(), 1u);
}

TEST(WorkloadFileTest, NamesWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"{", "not valid JSON"},
      {"[]", "must be a JSON object"},
      {R"({"classes": []})", "classes"},
      {R"({"classes": [{"color": 1}]})", "'classes[0].color' is not a known key"},
      {R"({"classes": [{}, {"weight": -1}]})", "classes[1].weight"},
      {R"({"classes": [{"steps": []}]})", "steps' is an empty list"},
      {R"({"classes": [{"steps": ["x"]}]})", "steps"},
      {R"({"classes": [{"sizes": "64x"}]})", "'64x' is no size"},
      {R"({"classes": [{"prompts": [1]}]})", "prompts"},
      {R"({"classes": [{"deadline": "soon"}]})", "deadline' must be a duration"},
      {R"({"classes": [{"deadline": -1}]})", "negative"},
      {R"({"classes": [{"format": "gif"}]})", "is \"gif\", supported: png, jpeg"},
      {R"({"classes": [{"cancel": {"when": 1}}]})", "cancel.when"},
      {R"({"classes": [{"cancel": {"share": 2}}]})", "share"},
      {R"({"class": []})", "classes"}};
  for (const auto& [json, what] : cases) {
    const auto workload = ParseWorkload(json);
    ASSERT_FALSE(workload.ok()) << json;
    EXPECT_THAT(std::string(workload.status().message()), HasSubstr(what)) << json;
  }
}

TEST(WorkloadFileTest, ATraceIsReplayedInTheOrderOfItsArrivals) {
  const auto trace = ParseTrace(
      "{\"arrival\": 0.5, \"prompt\": \"second\", \"seed\": 7, \"size\": 64, \"steps\": 3}\n"
      "\n"
      "{\"arrival\": \"20ms\", \"prompt\": \"first\", \"cancel\": {\"after\": \"1s\"}}\n"
      "{\"arrival\": 2, \"prompt\": \"third\", \"deadline\": \"1s\"}\n");
  ASSERT_TRUE(trace.ok()) << trace.status();
  ASSERT_EQ(trace->trace().size(), 3u);
  EXPECT_EQ(trace->trace()[0].arrival, absl::Milliseconds(20));
  const RequestDraw first = trace->Draw(/*seed=*/1, 0);
  EXPECT_EQ(trace->class_of(first).prompts[first.prompt_index], "first");
  EXPECT_EQ(first.cancel_after, absl::Seconds(1));
  const RequestDraw second = trace->Draw(1, 1);
  EXPECT_EQ(trace->class_of(second).prompts[second.prompt_index], "second");
  EXPECT_EQ(second.seed, 7u);
  EXPECT_EQ(second.size.width, 64);
  EXPECT_EQ(second.steps, 3);
  EXPECT_EQ(trace->class_of(trace->Draw(1, 2)).deadline, absl::Seconds(1));
  EXPECT_EQ(trace->classes().size(), 2u) << "with a deadline and without";
}

TEST(WorkloadFileTest, NamesTheLineOfATraceThatIsWrong) {
  EXPECT_THAT(std::string(ParseTrace("{\"arrival\": 1}\nx").status().message()),
              HasSubstr("line 2"));
  EXPECT_THAT(std::string(ParseTrace("{\"prompt\": \"a\"}").status().message()),
              HasSubstr("line 1: 'arrival' is missing"));
  EXPECT_FALSE(ParseTrace("\n").ok());
}

}  // namespace
}  // namespace strobe::workload
