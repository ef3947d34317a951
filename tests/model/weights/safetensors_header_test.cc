#include "model/weights/safetensors_header.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string LittleEndian64(uint64_t value) {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

std::string File(const std::string& json, std::size_t data_bytes) {
  return LittleEndian64(json.size()) + json + std::string(data_bytes, '\0');
}

// A file of one tensor "t".
std::string OneTensor(const std::string& dtype, const std::string& shape,
                      const std::string& offsets, std::size_t data_bytes) {
  return File(R"({"t":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
                  offsets + "}}",
              data_bytes);
}

void ExpectRefused(const std::string& file, absl::StatusCode code, const std::string& what) {
  const auto header = ParseSafetensorsHeader(file);
  EXPECT_EQ(header.status().code(), code) << what << ": " << header.status();
  EXPECT_THAT(std::string(header.status().message()), HasSubstr(what));
}

void ExpectInvalid(const std::string& file, const std::string& what) {
  ExpectRefused(file, absl::StatusCode::kInvalidArgument, what);
}

void ExpectTruncated(const std::string& file) {
  ExpectRefused(file, absl::StatusCode::kDataLoss, "truncated");
}

TEST(SafetensorsHeaderTest, ReadsEntriesInTheOrderOfTheirBytes) {
  const auto header = ParseSafetensorsHeader(File(
      R"({"b":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]},"__metadata__":{"format":"pt"},)"
      R"("a":{"data_offsets":[0,2],"shape":[],"dtype":"BF16"}}   )",
      10));
  ASSERT_TRUE(header.ok()) << header.status();
  ASSERT_EQ(header->entries.size(), 2u);
  EXPECT_EQ(header->entries[0].name, "a");
  EXPECT_EQ(header->entries[0].dtype, "BF16");
  EXPECT_THAT(header->entries[0].shape, IsEmpty());
  EXPECT_EQ(header->entries[1].name, "b");
  EXPECT_THAT(header->entries[1].shape, ElementsAre(2, 1));
  EXPECT_EQ(header->entries[1].begin, 2u);
  EXPECT_EQ(header->entries[1].end, 10u);
  EXPECT_EQ(header->metadata.at("format"), "pt");
}

TEST(SafetensorsHeaderTest, AcceptsNoTensorsAndEmptyTensors) {
  EXPECT_TRUE(ParseSafetensorsHeader(File("{}", 0)).ok());
  EXPECT_TRUE(ParseSafetensorsHeader(OneTensor("F32", "[0]", "[0,0]", 0)).ok());
  EXPECT_TRUE(ParseSafetensorsHeader(OneTensor("F32", "[3,0,5]", "[0,0]", 0)).ok());
}

TEST(SafetensorsHeaderTest, AcceptsTwoFourBitElementsInAByte) {
  EXPECT_TRUE(ParseSafetensorsHeader(OneTensor("F4", "[2]", "[0,1]", 1)).ok());
  ExpectInvalid(OneTensor("F4", "[3]", "[0,1]", 1), "whole bytes");
}

TEST(SafetensorsHeaderTest, RefusesAHeaderLengthThatCannotBe) {
  ExpectTruncated("");
  ExpectTruncated("1234567");
  ExpectTruncated(LittleEndian64(1));
  ExpectTruncated(LittleEndian64(kMaxSafetensorsHeaderBytes) + "{}");
  ExpectInvalid(LittleEndian64(std::numeric_limits<uint64_t>::max()) + "{}",
                "is this a safetensors");
  ExpectInvalid(LittleEndian64(kMaxSafetensorsHeaderBytes + 1) + "{}", "100000000");
  ExpectInvalid(LittleEndian64(0), "'{'");
}

TEST(SafetensorsHeaderTest, RefusesOffsetsOutsideTheFile) {
  ExpectTruncated(OneTensor("F32", "[2]", "[0,8]", 7));
  ExpectTruncated(OneTensor("F32", "[2]", "[0,8]", 0));
  ExpectInvalid(OneTensor("U8", "[1]", "[18446744073709551614,18446744073709551615]", 1),
                "expected");
}

TEST(SafetensorsHeaderTest, RefusesGapsOverlapsAndLeftovers) {
  const auto two = [](const std::string& first, const std::string& second) {
    return File(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
                    R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}",
                8);
  };
  EXPECT_TRUE(ParseSafetensorsHeader(two("[4,8]", "[0,4]")).ok());
  ExpectInvalid(two("[0,4]", "[5,9]"), "neither overlap nor leave gaps");
  ExpectInvalid(two("[0,4]", "[3,7]"), "neither overlap nor leave gaps");
  ExpectInvalid(two("[0,4]", "[0,4]"), "'b' begins at byte 0");
  ExpectInvalid(OneTensor("U8", "[4]", "[1,5]", 5), "neither overlap nor leave gaps");
  ExpectInvalid(OneTensor("U8", "[4]", "[0,4]", 5), "1 bytes after the last tensor");
}

TEST(SafetensorsHeaderTest, RefusesShapesThatDoNotFitTheBytes) {
  ExpectInvalid(OneTensor("F32", "[2]", "[0,4]", 4), "needs 8 bytes for F32 [2]");
  ExpectInvalid(OneTensor("F32", "[]", "[0,8]", 8), "needs 4 bytes");
  ExpectInvalid(OneTensor("U8", "[4]", "[4,0]", 4), "ends before it begins");
  ExpectInvalid(OneTensor("F64", "[4294967296,4294967296]", "[0,0]", 0), "overflows");
  ExpectInvalid(OneTensor("U8", "[9223372036854775808]", "[0,0]", 0), "too big");
  ExpectInvalid(OneTensor("U8", "[-1]", "[0,0]", 0), "negative");
  ExpectInvalid(OneTensor("U8", "[1.5]", "[0,0]", 0), "fraction");
  ExpectInvalid(OneTensor("F128", "[1]", "[0,16]", 16), "unknown dtype 'F128'");
}

TEST(SafetensorsHeaderTest, RefusesDuplicateKeys) {
  const std::string entry = R"("t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  ExpectInvalid(File("{" + entry + "," + entry + "}", 0), "'t' is there twice");
  ExpectInvalid(File(R"({"t":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", 0),
                "'dtype' twice");
  ExpectInvalid(File(R"({"__metadata__":{"a":"1","a":"2"}})", 0), "'a' twice");
}

TEST(SafetensorsHeaderTest, RefusesWhatIsNotTheFormatsJson) {
  ExpectInvalid(File("[]", 0), "'{'");
  ExpectInvalid(File(" {}", 0), "'{'");
  ExpectInvalid(File("{}x", 0), "not valid JSON");
  ExpectInvalid(File(std::string("{}\0", 3), 0), "not valid JSON");
  ExpectInvalid(File(R"({"t":{"dtype":"U8")", 0), "not valid JSON");
  ExpectInvalid(File("{\"\xff\":{}}", 0), "not valid JSON");
  ExpectInvalid(File(R"({"t":7})", 0), "'t' has a number in the wrong place");
  ExpectInvalid(File(R"({"t":null})", 0), "null in the wrong place");
  ExpectInvalid(File(R"({"t":[0]})", 0), "an array in the wrong place");
  ExpectInvalid(File(R"({"t":{"dtype":"U8","shape":[0]}})", 0), "needs dtype, shape");
  ExpectInvalid(File(R"({"t":{"shape":[[0]]}})", 0), "an array in the wrong place");
  ExpectInvalid(File(R"({"t":{"more":1}})", 0), "unknown field 'more'");
  ExpectInvalid(File(R"({"__metadata__":{"a":1}})", 0), "a number in the wrong place");
  ExpectInvalid(OneTensor("U8", "[0]", "[0]", 0), "two data_offsets");
  ExpectInvalid(OneTensor("U8", "[0]", "[0,0,0]", 0), "more than two data_offsets");
}

TEST(SafetensorsHeaderTest, RefusesDeepNestingAtOnce) {
  ExpectInvalid(File("{\"t\":" + std::string(1 << 20, '['), 0), "an array in the wrong place");
}

TEST(SafetensorsHeaderTest, RefusesEveryTruncationOfAGoodFile) {
  const std::string good = OneTensor("F32", "[2,2]", "[0,16]", 16);
  ASSERT_TRUE(ParseSafetensorsHeader(good).ok());
  for (std::size_t size = 0; size < good.size(); ++size) {
    ExpectTruncated(good.substr(0, size));
  }
}

}  // namespace
}  // namespace strobe::model
