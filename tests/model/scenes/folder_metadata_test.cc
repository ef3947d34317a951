#include "model/scenes/folder_metadata.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FolderMetadataTest : public ::testing::Test {
 protected:
  FolderMetadataTest()
      : path_(absl::StrCat(::testing::TempDir(), "/folder_metadata_",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name())) {}
  ~FolderMetadataTest() override { std::filesystem::remove(path_); }

  absl::StatusOr<FolderMetadata> Read(const std::string& lines) {
    std::ofstream(path_) << lines;
    return ReadFolderMetadata(path_);
  }

  // The error of a file whose second line has `text` and `attributes`, each JSON or empty.
  std::string ErrorOf(const std::string& text, const std::string& attributes) {
    std::string second = R"({"file_name": "b.png")";
    if (!text.empty()) absl::StrAppend(&second, R"(, "text": )", text);
    if (!attributes.empty()) absl::StrAppend(&second, R"(, "attributes": )", attributes);
    const absl::Status status = Read(absl::StrCat(kFirst, second, "}\n")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << second;
    return std::string(status.message());
  }

  static constexpr char kFirst[] =
      R"({"file_name": "a.png", "text": "a", "attributes": {"color": "red", "moons": null}})"
      "\n";

  std::string path_;
};

TEST_F(FolderMetadataTest, HeadsAreTheKeysAndTheirValuesInAlphabeticalOrder) {
  const auto metadata = Read(
      R"({"file_name": "a", "text": "a", "attributes": {"subject": "planet", "color": "teal"}}
{"file_name": "b", "text": "b", "attributes": {"color": "blue", "subject": "face"}}
{"file_name": "c", "text": "c", "attributes": {"color": null, "subject": "planet"}}
)");
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_THAT(metadata->heads, ElementsAre(AttributeHead{"color", {"", "blue", "teal"}},
                                           AttributeHead{"subject", {"", "face", "planet"}}));
  EXPECT_THAT(metadata->pictures[0].texts.labels, ElementsAre(2, 2));
  EXPECT_THAT(metadata->pictures[1].texts.labels, ElementsAre(1, 1));
  EXPECT_THAT(metadata->pictures[2].texts.labels, ElementsAre(kNotSaid, 2));
}

TEST_F(FolderMetadataTest, ACaptionSaysTheKeysThatItListsAndAStringAllThatApply) {
  const auto metadata = Read(
      R"({"file_name": "a", "attributes": {"color": "red", "moons": null, "subject": "planet"},)"
      R"( "text": ["a red planet", {"text": "something red", "says": ["color"]},)"
      R"( {"text": "a picture", "says": []}, {"text": "red, a planet"}]})");
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  const std::vector<PictureCaption>& captions = metadata->pictures[0].texts.captions;
  ASSERT_EQ(captions.size(), 4u);
  EXPECT_THAT(captions[0].labels, ElementsAre(1, kNotSaid, 1));
  EXPECT_THAT(captions[1].labels, ElementsAre(1, kNotSaid, kNotSaid));
  EXPECT_EQ(captions[1].text, "something red");
  EXPECT_THAT(captions[2].labels, ElementsAre(kNotSaid, kNotSaid, kNotSaid));
  EXPECT_THAT(captions[3].labels, ElementsAre(1, kNotSaid, 1));
}

TEST_F(FolderMetadataTest, WhatIsWrongWithAttributesIsNamedWithItsLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"", R"(has no "attributes")"},
      {"3", R"("attributes" must be a JSON object, is 3)"},
      {"null", R"("attributes" must be a JSON object, is null)"},
      {"{}", R"("attributes" has no keys)"},
      {R"({"color": "red"})", R"(lacks "moons")"},
      {R"({"color": "red", "moons": null, "tail": "long"})", R"(has "tail")"},
      {R"({"color": "red", "moon": null})", R"("moon)"},
      {R"({"color": 2, "moons": null})", R"("color" must be a text, or null)"},
      {R"({"color": ["red"], "moons": null})", R"("color" must be a text)"},
      {R"({"color": "", "moons": null})", R"("color" must be a text)"},
      {R"({"color": "red", "color": "blue", "moons": null})", R"(has the key "color" twice)"}};
  for (const auto& [attributes, error] : cases) {
    EXPECT_THAT(ErrorOf(R"("b")", attributes), AllOf(HasSubstr(path_ + ":2: "), HasSubstr(error)))
        << attributes;
  }
}

TEST_F(FolderMetadataTest, WhatIsWrongWithACaptionIsNamedWithItsLineAndPicture) {
  const char* const attributes = R"({"color": "red", "moons": null})";
  const std::pair<const char*, const char*> cases[] = {
      {"", "no caption"},
      {"[]", "no caption"},
      {R"(["", "b"])", "no caption"},
      {"7", R"("text" is not a string)"},
      {R"([["b"]])", R"("text" is not a string)"},
      {R"({"says": ["color"]})", R"("text" is not a string)"},
      {R"({"text": "b", "say": ["color"]})", R"(has the key "say")"},
      {R"({"text": "b", "says": "color"})", R"("says" must be a list of keys, is "color")"},
      {R"({"text": "b", "says": [1]})", R"("says" must be a list of keys, has 1)"},
      {R"({"text": "b", "says": ["colour"]})", R"("colour", which is no key)"},
      {R"({"text": "b", "says": ["moons"]})", R"("moons", which is null)"},
      {R"({"text": "b", "says": ["color", "color"]})", R"("color" twice)"}};
  for (const auto& [text, error] : cases) {
    EXPECT_THAT(ErrorOf(text, attributes),
                AllOf(HasSubstr(path_ + ":2: b.png: "), HasSubstr(error)))
        << text;
  }
}

TEST_F(FolderMetadataTest, AttributesInLaterLinesOnlyAreRefused) {
  const absl::Status status = Read(
                                  R"({"file_name": "a.png", "text": "a"}

{"file_name": "b.png", "text": "b", "attributes": {"color": "red"}}
)")
                                  .status();
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(path_ + ":3: b.png: "), HasSubstr("all lines or none")));
}

TEST_F(FolderMetadataTest, WithoutAttributesACaptionCannotSayThem) {
  const absl::Status status =
      Read(R"({"file_name": "a.png", "text": {"text": "a", "says": ["color"]}})").status();
  EXPECT_THAT(std::string(status.message()), HasSubstr(R"("says" needs "attributes")"));
}

TEST_F(FolderMetadataTest, AKeyThatIsNullEverywhereIsAHeadWithoutValues) {
  const auto metadata = Read(kFirst);
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_THAT(metadata->heads,
              ElementsAre(AttributeHead{"color", {"", "red"}}, AttributeHead{"moons", {""}}));
}

TEST_F(FolderMetadataTest, TenThousandLinesAreRead) {
  std::string lines;
  for (int i = 0; i < 10000; ++i) {
    absl::StrAppend(&lines, R"({"file_name": ")", i, R"(.png", "text": ["a thing", {"text": "it")",
                    R"(, "says": ["number"]}], "attributes": {"number": ")", i % 100, "\"}}\n");
  }
  const auto metadata = Read(lines);
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  ASSERT_EQ(metadata->pictures.size(), 10000u);
  EXPECT_EQ(metadata->heads[0].classes.size(), 101u);
  for (const FolderPicture& picture : metadata->pictures) {
    const std::string& value =
        metadata->heads[0].classes[static_cast<size_t>(picture.texts.captions[1].labels[0])];
    EXPECT_EQ(value, absl::StrCat(std::stoi(picture.file_name) % 100));
  }
}

}  // namespace
}  // namespace strobe::model
