// The strobe-model program, run as its users run it.

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/weights/safetensors_file.h"
#include "tests/model/tools/strobe_model_program.h"

namespace strobe::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kStudent = std::string(STROBE_SOURCE_DIR) + "/model/students/tiny-shapes";
const std::string kGoldens = std::string(STROBE_SOURCE_DIR) + "/tests/goldens/";

class StrobeModelTest : public ::testing::Test {
 protected:
  static std::string Path(const std::string& name) {
    const std::string path = ::testing::TempDir() + "/strobe_model_test_" + name;
    std::filesystem::remove_all(path);
    return path;
  }

  static std::string Generate(const std::string& model) {
    return "generate --model " + model + " --prompt 'a red circle' ";
  }

  static StateDict ReadTrace(const std::string& path) {
    const auto contents = ReadSafetensors(path);
    EXPECT_TRUE(contents.ok()) << contents.status();
    return contents.ok() ? contents->tensors : StateDict();
  }

  static std::set<std::string> NamesOf(const StateDict& tensors) {
    std::set<std::string> names;
    for (const auto& [name, tensor] : tensors) names.insert(name);
    return names;
  }
};

TEST_F(StrobeModelTest, GenerateWritesTheImageAndPrintsTheTimes) {
  const std::pair<const char*, const char*> formats[] = {
      {"a.png", "\x89PNG"}, {"a.jpg", "\xff\xd8\xff"}, {"a.webp", "RIFF"}};
  for (const auto& [name, signature] : formats) {
    const std::string output = Path(name);
    const ProgramRun run = StrobeModel(Generate(kStudent) + "--steps 1 --output " + output);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, AllOf(HasSubstr("load "), HasSubstr("encode "), HasSubstr("denoise "),
                                  HasSubstr("decode "), HasSubstr("write ")));
    std::ifstream file(output, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_THAT(bytes, StartsWith(signature));
  }
}

TEST_F(StrobeModelTest, TheTraceHoldsEverythingByItsName) {
  const std::string trace = Path("trace.safetensors");
  const ProgramRun run =
      StrobeModel(Generate(kGoldens + "lcm-tiny-like") + "--steps 2 --size 64x72 " + "--output " +
                  Path("b.png") + " --trace " + trace);
  ASSERT_EQ(run.exit_code, 0) << run.output;
  const StateDict tensors = ReadTrace(trace);
  EXPECT_THAT(NamesOf(tensors),
              ElementsAre("image", "image_uint8", "initial_noise", "input_ids", "latents_0",
                          "latents_1", "prompt_embeds", "step_noise_0", "timesteps"));
  EXPECT_EQ(tensors.at("input_ids").sizes(), at::IntArrayRef({1, 24}));
  EXPECT_EQ(tensors.at("initial_noise").sizes(), at::IntArrayRef({1, 4, 9, 8}));
  EXPECT_EQ(tensors.at("timesteps").sizes(), at::IntArrayRef({2}));
  EXPECT_EQ(tensors.at("image").sizes(), at::IntArrayRef({3, 72, 64}));
  EXPECT_EQ(tensors.at("image_uint8").sizes(), at::IntArrayRef({72, 64, 3}));
  EXPECT_EQ(tensors.at("image_uint8").scalar_type(), at::kByte);
}

TEST_F(StrobeModelTest, ATraceGivenBackAsInitialLatentsRepeatsTheImage) {
  const std::string first = Path("first.safetensors");
  const std::string second = Path("second.safetensors");
  const std::string command =
      Generate(kGoldens + "lcm-tiny-like") + "--steps 3 --output " + Path("c.png") + " --trace ";
  ASSERT_EQ(StrobeModel(command + first + " --seed 1").exit_code, 0);
  const ProgramRun run = StrobeModel(command + second + " --seed 2 --initial-latents " + first);
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_TRUE(at::equal(ReadTrace(first).at("image_uint8"), ReadTrace(second).at("image_uint8")));
}

TEST_F(StrobeModelTest, SamplingFlagsReachTheSampler) {
  const std::string trace = Path("flags.safetensors");
  const ProgramRun run = StrobeModel(Generate(kGoldens + "sd15-like") +
                                     "--timesteps 999,400 --eta 1 --noise-correction on " +
                                     "--guidance-scale 3 --negative-prompt blurry --output " +
                                     Path("d.png") + " --trace " + trace);
  ASSERT_EQ(run.exit_code, 0) << run.output;
  const StateDict tensors = ReadTrace(trace);
  EXPECT_EQ(tensors.at("timesteps")[1].item<float>(), 400.0f);
  EXPECT_EQ(tensors.count("step_noise_0"), 1u);
  EXPECT_EQ(tensors.count("negative_prompt_embeds"), 1u);
}

TEST_F(StrobeModelTest, WrongFlagsAreExitCodeTwoAndNamed) {
  const std::string good = Generate(kStudent) + "--output " + Path("e.png");
  const std::pair<std::string, const char*> cases[] = {
      {"", "subcommand"},
      {"paint", "paint"},
      {"generate --prompt x --output x.png", "--model"},
      {"generate --model m --output x.png", "--prompt"},
      {"generate --model m --prompt x", "--output"},
      {good + " --colour red", "--colour"},
      {good + " --steps many", "--steps"},
      {good + " --seed -1", "--seed"},
      {good + " --size 64", "--size: '64'"},
      {good + " --device tpu", "--device: 'tpu'"},
      {good + " --dtype int4", "--dtype: 'int4'"},
      {good + " --timesteps 9,x", "--timesteps: '9,x'"},
      {good + " --noise-correction maybe", "--noise-correction: 'maybe'"},
      {good + " --quality 0", "--quality"},
      {Generate(kStudent) + "--output x.bmp", "--output: 'x.bmp'"},
      {"train --output x --device tpu", "--device: 'tpu'"},
      {"train --output x --recipe huge", "no recipe 'huge'"},
      {"distill --output x", "--teacher"},
      {"distill --teacher t --output x --lora-rank -1", "--lora-rank"},
      {"evaluate --runs r --output x --domain abstract", "--domain"},
      {"evaluate --runs r --output x --domain rich --data d", "--domain excludes --data"},
      {"train-critic --output x --recipe illustrations", "needs a folder of pictures: --data DIR"},
      {"train-critic --output x --overrides /no/such/file", "/no/such/file"}};
  for (const auto& [arguments, error] : cases) {
    const ProgramRun run = StrobeModel(arguments);
    EXPECT_EQ(run.exit_code, 2) << arguments << "\n" << run.output;
    EXPECT_THAT(run.output, HasSubstr(error)) << arguments;
  }
}

TEST_F(StrobeModelTest, WhatGoesWrongLaterIsExitCodeOneAndSaysWhy) {
  const std::string good = Generate(kStudent) + "--output " + Path("f.png");
  const std::pair<std::string, const char*> cases[] = {
      {Generate("/no/such/model") + "--output x.png", "/no/such/model"},
      {good + " --steps 9", "9 steps are not offered"},
      {good + " --size 128x128", "size 128x128 is not offered"},
      {good + " --timesteps 499,999", "timesteps must descend"},
      {good + " --eta 2", "eta is 2"},
      {good + " --initial-latents /no/such/file", "/no/such/file"},
      {good + " --device cuda:63", "device cuda:63"},
      {Generate(kStudent) + "--output /no/such/folder/a.png", "/no/such/folder/a.png"},
      {"inspect /no/such/model", "/no/such/model"},
      {"train --device cuda:63 --output x", "device cuda:63"},
      {"distill --teacher /no/such/teacher --output " + Path("s"), "/no/such/teacher"},
      {"distill --recipe smoke --method magic --teacher " + kStudent + " --output " + Path("s"),
       "no distillation method 'magic'"},
      {"evaluate --runs /no/such/runs --prompts 8 --references 8 --critic " +
           std::string(STROBE_SOURCE_DIR) + "/model/evaluation/critic --output " + Path("e"),
       "/no/such/runs"}};
  for (const auto& [arguments, error] : cases) {
    const ProgramRun run = StrobeModel(arguments);
    EXPECT_EQ(run.exit_code, 1) << arguments << "\n" << run.output;
    EXPECT_THAT(run.output, HasSubstr(error)) << arguments;
  }
}

TEST_F(StrobeModelTest, InspectSaysWhatADirectoryIs) {
  const ProgramRun run = StrobeModel("inspect " + kStudent);
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output,
              AllOf(HasSubstr("StableDiffusionPipeline"),
                    HasSubstr("UNet2DConditionModel, 4761072 parameters"), HasSubstr("16 x 8 x 8"),
                    HasSubstr("64x64 by default"), HasSubstr("1, 2, 3; 3 by default"),
                    HasSubstr("3 steps: prediction sample"), HasSubstr("666")));
}

TEST_F(StrobeModelTest, TheShippedStudentsDrawTheirStoredPictures) {
  for (const char* student : {"tiny-shapes", "scenes"}) {
    const ProgramRun run = StrobeModel("self-test --model " + std::string(STROBE_SOURCE_DIR) +
                                       "/model/students/" + student);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, AllOf(HasSubstr("3 steps, 64x64"), HasSubstr("1 steps, 64x64")));
  }
}

TEST_F(StrobeModelTest, StoredPicturesAreWrittenAndOneThatDiffersIsNamed) {
  const std::string copy = ::testing::TempDir() + "/strobe_model_test_student";
  std::filesystem::remove_all(copy);
  std::filesystem::copy(kStudent, copy, std::filesystem::copy_options::recursive);
  const std::string command = "self-test --model " + copy;
  const ProgramRun written =
      StrobeModel(command + " --write 'a large red circle on white' --write 'a blue star'");
  EXPECT_EQ(written.exit_code, 0) << written.output;
  EXPECT_EQ(StrobeModel(command).exit_code, 0);
  std::filesystem::copy_file(copy + "/self_test/1.png", copy + "/self_test/2.png",
                             std::filesystem::copy_options::overwrite_existing);
  const ProgramRun checked = StrobeModel(command);
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.output,
              AllOf(HasSubstr("DIFFERS"), HasSubstr("a blue star"), HasSubstr("1 of 2 pictures")));
  std::filesystem::remove_all(copy);
}

TEST_F(StrobeModelTest, HelpDocumentsTheExitCodes) {
  const ProgramRun run = StrobeModel("--help");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.output,
              AllOf(HasSubstr("generate"), HasSubstr("inspect"), HasSubstr("0 done, 1 failed")));
  EXPECT_THAT(StrobeModel("generate --help").output, HasSubstr("--initial-latents"));
}

}  // namespace
}  // namespace strobe::model
