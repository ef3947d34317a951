#include "model/training/networks/mixed_precision.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/layers/scaled_dot_product.h"
#include "model/sampling/seeded_noise.h"

namespace strobe::model {
namespace {

class AutocastTest : public ::testing::Test {
 protected:
  at::Tensor Product() const { return at::linear(input_, weight_); }

  at::Tensor input_ = UnitNormal(1, 0, {3, 8});
  at::Tensor weight_ = UnitNormal(1, 1, {4, 8}).set_requires_grad(true);
};

TEST_F(AutocastTest, ProductsAreBFloat16AndGradientsFloat32) {
  at::Tensor product;
  {
    const Autocast autocast(Precision::kBFloat16, at::kCPU);
    product = Product();
  }
  EXPECT_EQ(product.scalar_type(), at::kBFloat16);
  product.sum().backward();
  EXPECT_EQ(weight_.grad().scalar_type(), at::kFloat);
  EXPECT_EQ(Product().scalar_type(), at::kFloat);
}

TEST_F(AutocastTest, AWeightUsedWithoutGradientsFirstStillGetsOne) {
  at::Tensor product;
  {
    const Autocast autocast(Precision::kBFloat16, at::kCPU);
    {
      const at::NoGradGuard no_grad;
      Product();
    }
    product = Product();
  }
  product.sum().backward();
  EXPECT_TRUE(weight_.grad().defined());
}

TEST_F(AutocastTest, Float32TurnsAnOuterOneOff) {
  const Autocast outer(Precision::kBFloat16, at::kCPU);
  {
    const Autocast inner(Precision::kFloat32, at::kCPU);
    EXPECT_EQ(Product().scalar_type(), at::kFloat);
  }
  EXPECT_EQ(Product().scalar_type(), at::kBFloat16);
}

TEST(ScaledDotProductTest, BFloat16WithGradientsIsFloat32Rounded) {
  const at::Tensor q = UnitNormal(2, 0, {1, 2, 5, 8}).to(at::kBFloat16).set_requires_grad(true);
  const at::Tensor k = UnitNormal(2, 1, {1, 2, 6, 8}).to(at::kBFloat16);
  const at::Tensor v = UnitNormal(2, 2, {1, 2, 6, 8}).to(at::kBFloat16);
  const at::Tensor exact =
      ScaledDotProduct(q.detach().to(at::kFloat), k.to(at::kFloat), v.to(at::kFloat));
  const at::Tensor attended = ScaledDotProduct(q, k, v);
  EXPECT_EQ(attended.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(attended.detach().equal(exact.to(at::kBFloat16)));
  attended.sum().backward();
  EXPECT_TRUE(q.grad().defined());
}

TEST(ParsePrecisionTest, AnUnknownOneNamesTheChoices) {
  EXPECT_THAT(std::string(ParsePrecision("half").status().message()),
              ::testing::HasSubstr("bfloat16"));
}

}  // namespace
}  // namespace strobe::model
