#include "model/scenes/folder_dataset.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/image_io/image_codec.h"

namespace strobe::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class FolderDatasetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 (std::string("strobe_folder_dataset_") + test->name());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_ / "more");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
  }

  void WritePicture(const std::string& name, uint8_t value, int width = 20, int height = 10) {
    const size_t bytes = static_cast<size_t>(width * height * 3);
    const RgbImage image{width, height, std::vector<uint8_t>(bytes, value)};
    Write(name, *EncodeImage(image, ImageFormat::kPng, 0));
  }

  absl::Status OpenError() { return FolderDataset::Open(directory_.string(), 8).status(); }

  std::filesystem::path directory_;
};

TEST_F(FolderDatasetTest, ReadsPicturesAndTheirCaptions) {
  WritePicture("a.png", 10);
  WritePicture("more/b.png", 20, 8, 8);
  Write("metadata.jsonl",
        "{\"file_name\": \"a.png\", \"text\": \" a grey wall \", \"split\": 1}\n\n"
        "{\"file_name\": \"more/b.png\", \"text\": [\"dusk\", \"a dark sky\"]}\n");
  const auto dataset = FolderDataset::Open(directory_.string(), 8);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  ASSERT_EQ((*dataset)->size(), 2);
  EXPECT_TRUE((*dataset)->heads().empty());
  EXPECT_TRUE((*dataset)->vocabulary().empty());
  const auto first = (*dataset)->Picture(0);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->pixels, std::vector<uint8_t>(8 * 8 * 3, 10));
  const auto texts = (*dataset)->Texts(0);
  ASSERT_TRUE(texts.ok()) << texts.status();
  ASSERT_EQ(texts->captions.size(), 1u);
  EXPECT_EQ(texts->captions[0].text, "a grey wall");
  EXPECT_TRUE(texts->captions[0].labels.empty());
  const auto second = (*dataset)->Texts(1);
  ASSERT_EQ(second->captions.size(), 2u);
  EXPECT_EQ(second->captions[1].text, "a dark sky");
  EXPECT_EQ((*dataset)->Picture(2).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ((*dataset)->Texts(2).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(FolderDatasetTest, CaptionsAndAttributesAreThereWithoutDecodingAPicture) {
  Write("a.png", "these are no pixels");
  Write("metadata.jsonl",
        "{\"file_name\": \"a.png\", \"text\": \"red\", \"attributes\": {\"color\": \"red\"}}\n");
  const auto dataset = FolderDataset::Open(directory_.string(), 8);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->heads().size(), 1u);
  EXPECT_EQ((*dataset)->Texts(0)->captions[0].labels, std::vector<int>{1});
  EXPECT_FALSE((*dataset)->Picture(0).ok());
}

TEST_F(FolderDatasetTest, NamesThePictureWithoutALineInTheMetadata) {
  WritePicture("a.png", 10);
  WritePicture("more/forgotten.PNG", 10);
  Write("metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"a\"}\n");
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("forgotten.PNG"), HasSubstr("no caption")));
}

TEST_F(FolderDatasetTest, NamesThePictureWithoutText) {
  WritePicture("a.png", 10);
  for (const std::string text : {"", ", \"text\": null", ", \"text\": \"  \"", ", \"text\": []",
                                 ", \"text\": [\"x\", \"\"]"}) {
    Write("metadata.jsonl", "{\"file_name\": \"a.png\"" + text + "}\n");
    const absl::Status status = OpenError();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("metadata.jsonl:1"), HasSubstr("a.png"), HasSubstr("no caption")))
        << text;
  }
}

TEST_F(FolderDatasetTest, NamesThePictureThatCannotBeDecoded) {
  WritePicture("a.png", 10);
  std::filesystem::resize_file(directory_ / "a.png", 40);
  Write("b.jpg", "these are no pixels");
  Write("metadata.jsonl",
        "{\"file_name\": \"a.png\", \"text\": \"a\"}\n{\"file_name\": \"b.jpg\", \"text\": \"b\"}");
  const auto dataset = FolderDataset::Open(directory_.string(), 8);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  for (int64_t i : {0, 1}) {
    const absl::Status status = (*dataset)->Picture(i).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(i == 0 ? "a.png" : "b.jpg"));
  }
}

TEST_F(FolderDatasetTest, NamesThePictureThatIsNotThere) {
  Write("metadata.jsonl", "{\"file_name\": \"lost.png\", \"text\": \"a\"}\n");
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("lost.png"));
}

TEST_F(FolderDatasetTest, RefusesNamesOutsideTheDirectory) {
  for (const std::string name : {"../a.png", "/etc/a.png", "more/../../a.png", ""}) {
    Write("metadata.jsonl", "{\"file_name\": \"" + name + "\", \"text\": \"a\"}\n");
    EXPECT_EQ(OpenError().code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST_F(FolderDatasetTest, NamesTheLineThatIsNoJson) {
  WritePicture("a.png", 10);
  Write("metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"a\"}\n{\"file_name\": ");
  EXPECT_THAT(std::string(OpenError().message()), HasSubstr("metadata.jsonl:2: not a JSON object"));
}

TEST_F(FolderDatasetTest, RefusesAFolderWithoutMetadataOrPictures) {
  EXPECT_THAT(std::string(OpenError().message()), HasSubstr("metadata.jsonl"));
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kNotFound);
  Write("metadata.jsonl", "\n");
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kInvalidArgument);
  const absl::Status missing = FolderDataset::Open("/no/such/folder", 8).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace strobe::model
