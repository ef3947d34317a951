#include "model/weights/lora.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scalar_tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/weights/safetensors_writer.h"
#include "tests/model/float32_closeness.h"
#include "tests/model/repeatable_normal.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class LoraTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "lora-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  LoraReference Write(const std::string& file, const StateDict& tensors, double scale = 1.0,
                      const std::map<std::string, std::string>& metadata = {}) {
    const std::string path = (root_ / file).string();
    EXPECT_TRUE(WriteSafetensors(path, tensors, metadata).ok());
    return {path, scale};
  }

  static at::Tensor Fuse(const std::vector<LoraReference>& references, const std::string& name,
                         const at::Tensor& weight) {
    auto set = LoraSet::Read(references, 2);
    EXPECT_TRUE(set.ok()) << set.status();
    const auto fused = set->Fuse("unet", name, weight);
    EXPECT_TRUE(fused.ok()) << fused.status();
    return fused.value_or(at::Tensor());
  }

  // weight_ + scale up_ down_.
  at::Tensor Updated(double scale, at::ScalarType dtype) const {
    return weight_.to(dtype) + scale * at::matmul(up_.to(dtype), down_.to(dtype));
  }

  ::testing::AssertionResult IsUpdatedBy(double scale, const at::Tensor& fused) const {
    return IsAsCloseAsFloat32Is(fused, Updated(scale, at::kFloat), Updated(scale, at::kDouble));
  }

  static std::string ErrorOf(const std::vector<LoraReference>& references) {
    return std::string(LoraSet::Read(references, 2).status().message());
  }

  fs::path root_;
  at::Tensor down_ = RepeatableNormal({2, 6});
  at::Tensor up_ = RepeatableNormal({5, 2});
  at::Tensor weight_ = RepeatableNormal({5, 6});
};

TEST_F(LoraTest, AddsTheProductWithItsStrength) {
  const auto lora =
      Write("a", {{"unet.x.lora_A.weight", down_}, {"unet.x.lora_B.weight", up_}}, 0.5);
  EXPECT_TRUE(IsUpdatedBy(0.5, Fuse({lora}, "x.weight", weight_)));
}

TEST_F(LoraTest, AlphaOverRankScalesAndSeveralFilesAddUp) {
  const auto kohya = Write("kohya", {{"lora_unet_x.lora_down.weight", down_},
                                     {"lora_unet_x.lora_up.weight", up_},
                                     {"lora_unet_x.alpha", at::scalar_tensor(1.0)}});
  const auto peft =
      Write("peft", {{"unet.x.lora_A.weight", down_}, {"unet.x.lora_B.weight", up_}}, -2.0,
            {{"lora_adapter_metadata", R"({"unet.r": 2, "unet.lora_alpha": 8})"}});
  EXPECT_TRUE(IsUpdatedBy(0.5 - 2.0 * 4.0, Fuse({kohya, peft}, "x.weight", weight_)));
}

TEST_F(LoraTest, ReadsPeftsOwnFolders) {
  Write("adapter_model.safetensors",
        {{"base_model.model.x.lora_A.weight", down_}, {"base_model.model.x.lora_B.weight", up_}});
  std::ofstream(root_ / "adapter_config.json") << R"({"r": 2, "lora_alpha": 6})";
  EXPECT_TRUE(IsUpdatedBy(3.0, Fuse({{root_.string(), 1.0}}, "x.weight", weight_)));
}

TEST_F(LoraTest, UpdatesConvolutions) {
  const at::Tensor down = RepeatableNormal({2, 3, 3, 3});
  const at::Tensor up = RepeatableNormal({4, 2, 1, 1});
  const auto lora =
      Write("a", {{"unet.conv.lora.down.weight", down}, {"unet.conv.lora.up.weight", up}});
  const at::Tensor weight = RepeatableNormal({4, 3, 3, 3});
  const auto expected = [&](at::ScalarType dtype) {
    const at::Tensor update = at::matmul(up.flatten(1).to(dtype), down.flatten(1).to(dtype));
    return weight.to(dtype) + update.view({4, 3, 3, 3});
  };
  EXPECT_TRUE(IsAsCloseAsFloat32Is(Fuse({lora}, "conv.weight", weight), expected(at::kFloat),
                                   expected(at::kDouble)));
}

TEST_F(LoraTest, LeavesWeightsWithoutAnUpdateAlone) {
  const auto lora = Write("a", {{"unet.x.lora_A.weight", down_}, {"unet.x.lora_B.weight", up_}});
  EXPECT_TRUE(Fuse({lora}, "y.weight", weight_).is_same(weight_));
  EXPECT_TRUE(Fuse({lora}, "x.bias", weight_).is_same(weight_));
}

TEST_F(LoraTest, NamesWhatIsNoLoraOrHasNoPartner) {
  const auto lora = Write("a", {{"unet.x.lora_A.weight", down_},
                                {"unet.y.lora_A.weight", down_},
                                {"unet.y.lora_B.weight", RepeatableNormal({5, 3})},
                                {"unet.x.dora_scale", up_}});
  EXPECT_THAT(ErrorOf({lora}),
              AllOf(HasSubstr("'unet.x' has no up"), HasSubstr("up of rank 3 and a down of rank 2"),
                    HasSubstr("'unet.x.dora_scale' is no tensor of a LoRA")));
  EXPECT_THAT(ErrorOf({{(root_ / "none.safetensors").string(), 1.0}}), HasSubstr("none"));
  EXPECT_THAT(ErrorOf({{(root_ / "pytorch_lora_weights.bin").string(), 1.0}}),
              HasSubstr("pickle file"));
}

TEST_F(LoraTest, NamesUpdatesThatDoNotFitTheModel) {
  const auto lora = Write("a", {{"unet.x.lora_A.weight", down_}, {"unet.x.lora_B.weight", up_}});
  auto set = LoraSet::Read({lora}, 2);
  ASSERT_TRUE(set.ok());
  EXPECT_THAT(std::string(set->CheckAllUsed().message()), HasSubstr("'unet.x'"));
  EXPECT_THAT(std::string(set->Fuse("unet", "x.weight", at::ones({7, 6})).status().message()),
              HasSubstr("shape [5, 6], the weight [7, 6]"));
  EXPECT_TRUE(set->CheckAllUsed().ok());
}

}  // namespace
}  // namespace strobe::model
