#include "model/weights/state_dict_loader.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StateDictLoaderTest, GivesTensorsInTheDtypeOfTheOptions) {
  StateDictLoader loader(
      "unet", {{"w", at::ones({2, 3}, at::kHalf)}, {"ids", at::ones({2}, at::kLong)}}, {});
  EXPECT_EQ(loader.Take("w", {2, 3}).scalar_type(), at::kFloat);
  EXPECT_EQ(loader.Take("ids", {2}).scalar_type(), at::kLong);
  EXPECT_TRUE(loader.Finish().ok()) << loader.Finish();
}

TEST(StateDictLoaderTest, ReportsEveryProblemInOneError) {
  StateDictLoader loader("unet", {{"a", at::ones({2})}, {"b", at::ones({2})}}, {});
  EXPECT_EQ(loader.Take("a", {3}).sizes(), (std::vector<int64_t>{3}));
  EXPECT_EQ(loader.Take("c", {4, 1}).sum().item<float>(), 0.0f);
  const absl::Status status = loader.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("unet: "));
  EXPECT_THAT(message, HasSubstr("'a' has shape [2] where [3] is expected"));
  EXPECT_THAT(message, HasSubstr("'c' [4, 1] is missing"));
  EXPECT_THAT(message, HasSubstr("'b' [2] is unexpected"));
}

TEST(StateDictLoaderTest, MakesWhatIsMissingWhenItIsToldHow) {
  StateDictLoader::Options options;
  options.create = [](const std::string&, at::IntArrayRef shape) { return at::ones(shape); };
  StateDictLoader loader("unet", {{"a", at::ones({2})}}, options);
  EXPECT_EQ(loader.Take("w", {3}).sum().item<float>(), 3.0f);
  EXPECT_TRUE(loader.Take("a", {2}).defined());
  EXPECT_TRUE(loader.Finish().ok()) << loader.Finish();
}

TEST(StateDictLoaderTest, HandsOutTheTensorItselfWhenNothingIsToConvert) {
  const at::Tensor weight = at::ones({2}).set_requires_grad(true);
  StateDictLoader loader("unet", {{"w", weight}}, {});
  EXPECT_TRUE(loader.Take("w", {2}).is_same(weight));
}

TEST(StateDictLoaderTest, LeavesIgnoredTensorsUnused) {
  StateDictLoader loader("vae", {{"encoder.w", at::ones({2})}, {"encode", at::ones({2})}}, {});
  loader.Ignore("encoder.");
  const std::string message(loader.Finish().message());
  EXPECT_THAT(message, HasSubstr("'encode'"));
  EXPECT_THAT(message, Not(HasSubstr("'encoder.w'")));
}

TEST(StateDictLoaderTest, KnowsWhatItContains) {
  const StateDictLoader loader("vae", {{"w", at::ones({2})}}, {});
  EXPECT_TRUE(loader.Contains("w"));
  EXPECT_FALSE(loader.Contains("v"));
}

TEST(StateDictLoaderTest, NamesAsManyTensorsAsSdxlHasAndNoEndOfThem) {
  StateDictLoader loader("unet", {}, {});
  for (int i = 0; i < 1680; ++i) loader.Take(absl::StrCat("w", i), {1});
  EXPECT_THAT(std::string(loader.Finish().message()), HasSubstr("'w1679' [1] is missing"));
  for (int i = 1680; i < 5000; ++i) loader.Take(absl::StrCat("w", i), {1});
  EXPECT_THAT(std::string(loader.Finish().message()), HasSubstr("and 1000 more"));
}

TEST(StateDictLoaderTest, TakesNoMemoryForTheHugeShapeOfABadConfig) {
  StateDictLoader loader("unet", {}, {});
  EXPECT_EQ(loader.Take("w", {int64_t{1} << 40, 1 << 20}).storage().nbytes(), 4u);
}

}  // namespace
}  // namespace strobe::model
