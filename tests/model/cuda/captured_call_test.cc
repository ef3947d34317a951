#include "model/cuda/captured_call.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include "tests/model/cuda/cuda_test.h"
#include "tests/model/repeatable_normal.h"

namespace strobe::model {
namespace {

using Tensors = GraphCapturer::Tensors;

class CapturedCallTest : public CudaTest {
 protected:
  static at::Tensor Random() { return OnDevice(RepeatableNormal({64, 64})); }
};

TEST_F(CapturedCallTest, AReplayComputesWhatTheCallDoesForOtherInputs) {
  const at::Tensor weight = Random();
  const auto call = [&](const Tensors& inputs) -> Tensors {
    return {at::matmul(inputs[0], weight) + 1, at::Tensor()};
  };
  const auto replay = GraphCapturer(kDevice).Capture({Random(), at::Tensor()}, call);
  const at::Tensor one = Random(), two = Random();
  const Tensors first = replay({one, at::Tensor()}), second = replay({two, at::Tensor()});
  EXPECT_TRUE(at::allclose(first[0], call({one, {}})[0]));
  EXPECT_TRUE(at::allclose(second[0], call({two, {}})[0]));
  EXPECT_FALSE(first[1].defined());
}

TEST_F(CapturedCallTest, GraphsOfOneCapturerShareMemoryAndDoNotDisturbEachOther) {
  const GraphCapturer capturer(kDevice);
  const auto twice = [](const Tensors& inputs) -> Tensors { return {(inputs[0] + 1) * 2}; };
  const auto thrice = [](const Tensors& inputs) -> Tensors { return {(inputs[0] + 2) * 3}; };
  const at::Tensor x = Random();
  const auto replay_twice = capturer.Capture({x}, twice);
  const auto replay_thrice = capturer.Capture({x}, thrice);
  for (int i = 0; i < 3; ++i) {
    const at::Tensor a = replay_twice({x})[0], b = replay_thrice({x})[0];
    EXPECT_TRUE(at::equal(a, twice({x})[0]));
    EXPECT_TRUE(at::equal(b, thrice({x})[0]));
  }
}

TEST_F(CapturedCallTest, AWaitForTheDeviceCannotBeCapturedAndWorkGoesOn) {
  const GraphCapturer capturer(kDevice);
  const at::Tensor x = Random();
  const auto waits = [](const Tensors& inputs) -> Tensors {
    return {inputs[0] * inputs[0].sum().item<float>()};
  };
  EXPECT_ANY_THROW(capturer.Capture({x}, waits));
  EXPECT_TRUE(at::equal(waits({x})[0], waits({x})[0]));
  const auto works = [](const Tensors& inputs) -> Tensors { return {inputs[0] + 1}; };
  EXPECT_TRUE(at::equal(capturer.Capture({x}, works)({x})[0], x + 1));
}

TEST_F(CapturedCallTest, InputsOfAnotherShapeAreRefused) {
  const auto call = [](const Tensors& inputs) -> Tensors { return {inputs[0] + 1}; };
  const auto replay = GraphCapturer(kDevice).Capture({Random()}, call);
  EXPECT_ANY_THROW(replay({OnDevice(at::zeros({1, 64}))}));
}

}  // namespace
}  // namespace strobe::model
