#include "model/layers/conv_2d.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/relu.h>
#include <gtest/gtest.h>

#include "tests/model/float32_closeness.h"
#include "tests/model/repeatable_normal.h"

namespace strobe::model {
namespace {

struct Case {
  Conv2d::Options options;
  int64_t batch, height, width;
};

class Conv2dTest : public testing::TestWithParam<Case> {
 protected:
  Conv2dTest() {
    const Conv2d::Options& o = GetParam().options;
    weights_["conv.weight"] =
        RepeatableNormal({o.out_channels, o.in_channels, o.kernel, o.kernel}) * 0.1;
    if (o.bias) weights_["conv.bias"] = RepeatableNormal({o.out_channels});
  }

  Conv2d Load(bool for_inference, at::ScalarType dtype = at::kFloat) const {
    StateDictLoader::Options options;
    options.for_inference = for_inference;
    options.dtype = dtype;
    StateDictLoader loader("test", weights_, options);
    Conv2d conv(loader, "conv", GetParam().options);
    EXPECT_TRUE(loader.Finish().ok());
    return conv;
  }

  StateDict weights_;
};

TEST_P(Conv2dTest, ComputesTheSameForInferenceAndTraining) {
  const Case& c = GetParam();
  const at::Tensor x = RepeatableNormal({c.batch, c.options.in_channels, c.height, c.width});
  const Conv2d trained = Load(/*for_inference=*/false), served = Load(/*for_inference=*/true);

  const at::Tensor expected = trained.Forward(x);
  const at::Tensor y = served.Forward(x);

  EXPECT_EQ(y.sizes(), expected.sizes());
  const at::Tensor exact = Load(/*for_inference=*/false, at::kDouble).Forward(x.to(at::kDouble));
  EXPECT_TRUE(IsAsCloseAsFloat32Is(y, expected, exact));
  EXPECT_TRUE(IsAsCloseAsFloat32Is(served.ForwardRelu(x), at::relu(expected), at::relu(exact)));
  EXPECT_TRUE(IsAsCloseAsFloat32Is(trained.ForwardRelu(x), at::relu(expected), at::relu(exact)));
  EXPECT_EQ(served.dtype(), at::kFloat);
}

TEST_P(Conv2dTest, WeightsInBfloat16ServeWideAndNarrowPictures) {
  const Case& c = GetParam();
  const at::Tensor x = RepeatableNormal({c.batch, c.options.in_channels, c.height, c.width});
  for (auto& [name, tensor] : weights_) tensor = tensor.to(at::kBFloat16).to(at::kFloat);
  const at::Tensor exact = Load(/*for_inference=*/false, at::kDouble).Forward(x.to(at::kDouble));
  const Conv2d trained = Load(/*for_inference=*/false, at::kBFloat16);
  const Conv2d served = Load(/*for_inference=*/true, at::kBFloat16);
  const at::Tensor wide = trained.Forward(x);

  EXPECT_TRUE(at::equal(served.Forward(x), wide));  // before anything is packed
  const at::Tensor narrow = served.Forward(x.to(at::kBFloat16));
  EXPECT_EQ(narrow.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(at::allclose(narrow.to(at::kFloat), wide, 2e-2, 5e-2));  // bfloat16 has 8 bits
  EXPECT_TRUE(IsAsCloseAsFloat32Is(served.Forward(x), wide, exact));   // and after
}

TEST_P(Conv2dTest, TakesAnyLayout) {
  const Case& c = GetParam();
  const at::Tensor x = RepeatableNormal({c.batch, c.options.in_channels, c.height, c.width});
  const Conv2d served = Load(/*for_inference=*/true);
  EXPECT_TRUE(IsAsCloseAsFloat32Is(
      served.Forward(x.contiguous(at::MemoryFormat::ChannelsLast)), served.Forward(x),
      Load(/*for_inference=*/false, at::kDouble).Forward(x.to(at::kDouble))));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Conv2dTest,
                         testing::Values(Case{{4, 32}, 1, 8, 8}, Case{{32, 3}, 2, 9, 7},
                                         Case{{16, 24, 3, 2}, 3, 9, 8}, Case{{64, 64, 1}, 1, 1, 1},
                                         Case{{8, 8, 3, 1, false}, 8, 4, 4},
                                         Case{{5, 7, 5, 1}, 2, 6, 6}));

}  // namespace
}  // namespace strobe::model
