#include "model/weights/safetensors_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class SafetensorsFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "safetensors-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = (folder_ / "t.safetensors").string();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& json, const std::string& data) {
    std::ofstream file(path_, std::ios::binary);
    for (int shift = 0; shift < 64; shift += 8) {
      file.put(static_cast<char>(static_cast<uint64_t>(json.size()) >> shift));
    }
    file << json << data;
  }

  StateDict Read() {
    const auto contents = ReadSafetensors(path_);
    EXPECT_TRUE(contents.ok()) << contents.status();
    return contents.ok() ? contents->tensors : StateDict();
  }

  fs::path folder_;
  std::string path_;
};

TEST_F(SafetensorsFileTest, ReadsBackWhatItWroteInEveryDtype) {
  StateDict tensors;
  for (at::ScalarType type :
       {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kUInt16, at::kUInt32,
        at::kUInt64, at::kHalf, at::kBFloat16, at::kFloat, at::kDouble, at::kComplexFloat,
        at::kFloat8_e5m2, at::kFloat8_e4m3fn, at::kFloat8_e5m2fnuz, at::kFloat8_e4m3fnuz}) {
    tensors[c10::toString(type)] = at::arange(6).reshape({2, 3}).to(type);
  }
  ASSERT_TRUE(WriteSafetensors(path_, tensors, {{"title", "all"}}).ok());
  const auto contents = ReadSafetensors(path_);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->metadata.at("format"), "pt");
  EXPECT_EQ(contents->metadata.at("title"), "all");
  ASSERT_EQ(contents->tensors.size(), tensors.size());
  for (const auto& [name, expected] : tensors) {
    const at::Tensor& actual = contents->tensors.at(name);
    EXPECT_EQ(actual.scalar_type(), expected.scalar_type());
    EXPECT_EQ(actual.sizes(), expected.sizes());
    EXPECT_TRUE(actual.to(at::kComplexDouble).equal(expected.to(at::kComplexDouble))) << name;
  }
}

TEST_F(SafetensorsFileTest, KeepsScalarsEmptyTensorsAndStrides) {
  const StateDict tensors = {{"scalar", at::full({}, 2.5, at::kFloat)},
                             {"empty", at::empty({3, 0}, at::kHalf)},
                             {"strided", at::arange(6).reshape({2, 3}).transpose(0, 1)}};
  ASSERT_TRUE(WriteSafetensors(path_, tensors).ok());
  const StateDict read = Read();
  ASSERT_THAT(read, SizeIs(3));
  EXPECT_EQ(read.at("scalar").dim(), 0);
  EXPECT_EQ(read.at("scalar").item<float>(), 2.5f);
  EXPECT_EQ(read.at("empty").sizes(), (std::vector<int64_t>{3, 0}));
  EXPECT_TRUE(read.at("strided").equal(tensors.at("strided")));
}

TEST_F(SafetensorsFileTest, CopiesTensorsThatAreNotAligned) {
  Write(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
        R"("b":{"dtype":"I32","shape":[2],"data_offsets":[1,9]}})",
        std::string("\x07\x01\0\0\0\x02\0\0\0", 9));
  const StateDict read = Read();
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(read.at("b").data_ptr()) % 4, 0u);
  EXPECT_EQ(read.at("b")[0].item<int>(), 1);
  EXPECT_EQ(read.at("b")[1].item<int>(), 2);
}

TEST_F(SafetensorsFileTest, MakesOneOfEveryTrueBool) {
  Write(R"({"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", std::string("\0\x01\xff", 3));
  EXPECT_EQ(Read().at("a").sum().item<int>(), 2);
}

TEST_F(SafetensorsFileTest, LetsATensorOutliveTheFileAndKeepsTheFileAsItIs) {
  ASSERT_TRUE(WriteSafetensors(path_, {{"a", at::arange(4)}}).ok());
  at::Tensor kept = Read().at("a");
  kept.fill_(9);
  EXPECT_EQ(Read().at("a").sum().item<int>(), 6);
  fs::remove(path_);
  EXPECT_EQ(kept.sum().item<int>(), 36);
}

TEST_F(SafetensorsFileTest, NamesTheFileInEveryError) {
  const auto expect = [&](absl::StatusCode code, const std::string& what) {
    const auto contents = ReadSafetensors(path_);
    EXPECT_EQ(contents.status().code(), code) << contents.status();
    EXPECT_THAT(std::string(contents.status().message()), HasSubstr(path_));
    EXPECT_THAT(std::string(contents.status().message()), HasSubstr(what));
  };
  expect(absl::StatusCode::kNotFound, "cannot open");
  std::ofstream(path_).close();
  expect(absl::StatusCode::kDataLoss, "truncated");
  Write(R"({"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}})", "x");
  expect(absl::StatusCode::kInvalidArgument, "LibTorch lacks");
  Write("[]", "");
  expect(absl::StatusCode::kInvalidArgument, "'{'");
  fs::remove(path_);
  fs::create_directory(path_);
  expect(absl::StatusCode::kInvalidArgument, "not a regular file");
}

TEST_F(SafetensorsFileTest, AlignsEveryTensorThatItWrites) {
  ASSERT_TRUE(WriteSafetensors(path_, {{"a", at::zeros({3}, at::kByte)},
                                       {"b", at::zeros({3}, at::kHalf)},
                                       {"c", at::zeros({3}, at::kDouble)}})
                  .ok());
  std::ifstream file(path_, std::ios::binary);
  std::string length(8, '\0');
  file.read(length.data(), 8);
  EXPECT_EQ(static_cast<unsigned char>(length[0]) % 8, 0);
  for (const auto& [name, tensor] : Read()) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data_ptr()) % tensor.element_size(), 0u) << name;
  }
}

TEST_F(SafetensorsFileTest, LeavesTheOldFileAndNoOtherWhenWritingFails) {
  ASSERT_TRUE(WriteSafetensors(path_, {{"a", at::arange(4)}}).ok());
  const absl::Status status = WriteSafetensors(path_, {{"a", at::zeros({2}, at::kComplexDouble)}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  EXPECT_EQ(Read().at("a").numel(), 4);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
  EXPECT_FALSE(WriteSafetensors((folder_ / "none" / "t").string(), {}).ok());
}

}  // namespace
}  // namespace strobe::model
