#include "model/training/data/training_data.h"

#include <filesystem>
#include <fstream>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/text/clip/clip_tokenizer.h"
#include "model/training/data/caption_bank.h"
#include "tests/model/labelled_folder.h"
#include "tests/model/training/whole_runs.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TrainingDataTest : public ::testing::Test {
 protected:
  TrainingDataTest()
      : root_(FreshFolder(std::string("training_data_") +
                          ::testing::UnitTest::GetInstance()->current_test_info()->name())) {}

  TrainingRecipe Recipe(const std::string& test_folder = "") const {
    return *MakeTrainingRecipe(
        "smoke", {{"data", {{"folder", (root_ / "data").string()}}}, {"test_folder", test_folder}});
  }

  fs::path root_;
};

TEST_F(TrainingDataTest, OneInTwentyOfALargeFolderIsHeldOut) {
  WriteLabelledFolder(root_ / "data", 120);
  const auto training = TrainingData::CreateForTraining(Recipe());
  const auto held_out = TrainingData::CreateHeldOut(Recipe(), 1000);
  ASSERT_TRUE(training.ok() && held_out.ok()) << training.status() << held_out.status();
  EXPECT_EQ((*training)->size() + (*held_out)->size(), 120);
  EXPECT_GT((*held_out)->size(), 0);
  EXPECT_EQ((*held_out)->kind(), "new pictures");
  EXPECT_EQ((*TrainingData::CreateHeldOut(Recipe(), 2))->size(), 2);
  // Distillation, which measures nothing on them, learns from all.
  EXPECT_EQ((*TrainingData::Create(Recipe().data, 1))->size(), 120);
}

TEST_F(TrainingDataTest, ASmallFolderIsMeasuredOnWhatItTaughtAndSaysSo) {
  WriteLabelledFolder(root_ / "data", 6);
  EXPECT_EQ((*TrainingData::CreateForTraining(Recipe()))->size(), 6);
  const auto held_out = TrainingData::CreateHeldOut(Recipe(), 4);
  EXPECT_EQ((*held_out)->size(), 4);
  EXPECT_EQ((*held_out)->kind(), "pictures that it learnt from");
}

TEST_F(TrainingDataTest, ATestFolderLeavesTheDataWhole) {
  WriteLabelledFolder(root_ / "data", 120);
  WriteLabelledFolder(root_ / "test", 9);
  const TrainingRecipe recipe = Recipe((root_ / "test").string());
  EXPECT_EQ((*TrainingData::CreateForTraining(recipe))->size(), 120);
  EXPECT_EQ((*TrainingData::CreateHeldOut(recipe, 1000))->size(), 9);
}

TEST_F(TrainingDataTest, TheWordsOfAllCaptionsAreCounted) {
  WriteLabelledFolder(root_ / "data", 6);
  const auto words = (*TrainingData::Create(Recipe().data, 1))->Words();
  ASSERT_TRUE(words.ok()) << words.status();
  EXPECT_EQ(words->at("something"), 6);
  EXPECT_EQ(words->at("square"), 4);
}

class CaptionBankTest : public TrainingDataTest {
 protected:
  void SetUp() override {
    WriteLabelledFolder(root_ / "data", 6);
    data_ = *TrainingData::Create(Recipe().data, 1);
    tokenizer_ = *ClipTokenizer::Create(TrainTokenizer(*data_->Words(), 24, 8192));
  }

  std::unique_ptr<TrainingData> data_;
  std::optional<ClipTokenizer> tokenizer_;
};

TEST_F(CaptionBankTest, CaptionsHaveWhatTheySayAndPicturesWhatTheyShow) {
  // Colour: blue, green, red; square: black, white.
  const auto bank = CaptionBank::Create(data_->pictures(), {&*tokenizer_});
  ASSERT_TRUE(bank.ok()) << bank.status();
  EXPECT_EQ(bank->num_captions(), 12);
  const auto labels = [](const at::Tensor& row) {
    return std::vector<int64_t>{row[0].item<int64_t>(), row[1].item<int64_t>()};
  };
  EXPECT_EQ(labels(bank->CaptionLabels({0})[0]), (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(labels(bank->CaptionLabels({1})[0]), (std::vector<int64_t>{3, 0}));
  EXPECT_EQ(labels(bank->PictureLabels({2})[0]), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(labels(bank->PictureLabels({4})[0]), (std::vector<int64_t>{2, 1}));
}

TEST_F(CaptionBankTest, NoPictureIsDecoded) {
  for (int i = 0; i < 6; ++i) std::ofstream(root_ / "data" / (std::to_string(i) + ".png")) << "?";
  EXPECT_TRUE(CaptionBank::Create(data_->pictures(), {&*tokenizer_}).ok());
  EXPECT_FALSE(data_->Pictures({0}).ok());
}

TEST_F(CaptionBankTest, LabelsCanBeToldInTheClassesOfAnotherSet) {
  const AttributeHeads wider = {{"color", {"", "blue", "green", "mauve", "red"}},
                                {"mood", {"", "sad"}},
                                {"square", {"", "black", "white"}}};
  const auto bank = CaptionBank::Create(data_->pictures(), {&*tokenizer_}, wider);
  ASSERT_TRUE(bank.ok()) << bank.status();
  EXPECT_EQ(bank->CaptionLabels({0})[0][0].item<int64_t>(), 4);
  EXPECT_EQ(bank->CaptionLabels({0})[0][1].item<int64_t>(), kNotSaid);
  EXPECT_EQ(bank->PictureLabels({0})[0][1].item<int64_t>(), kNotTold);
  const auto narrow =
      CaptionBank::Create(data_->pictures(), {&*tokenizer_}, {{"color", {"", "blue", "red"}}});
  EXPECT_THAT(std::string(narrow.status().message()), HasSubstr("'green' of 'color'"));
}

}  // namespace
}  // namespace strobe::model
