#include "model/layers/packed_convolution.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/equal.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {
namespace {

constexpr int64_t kDilation[] = {1, 1};
constexpr int64_t kGroups = 1;

// These operators of LibTorch have no C++ functions of their own, only schemas.
using ReorderWeight = at::Tensor(const at::Tensor& weight, at::IntArrayRef padding,
                                 at::IntArrayRef stride, at::IntArrayRef dilation, int64_t groups,
                                 at::OptionalIntArrayRef input_size);
using DescribeLayout = at::Tensor(const at::Tensor& packed);
using ConvolvePointwise = at::Tensor(const at::Tensor& input, const at::Tensor& weight,
                                     const std::optional<at::Tensor>& bias, at::IntArrayRef padding,
                                     at::IntArrayRef stride, at::IntArrayRef dilation,
                                     int64_t groups, c10::string_view activation,
                                     c10::List<std::optional<at::Scalar>> scalars,
                                     std::optional<c10::string_view> algorithm);

template <typename Signature>
c10::TypedOperatorHandle<Signature> FindOperator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

at::Tensor Pack(const at::Tensor& weight, at::IntArrayRef input_shape, int64_t stride,
                int64_t padding) {
  static const auto reorder = FindOperator<ReorderWeight>("mkldnn::_reorder_convolution_weight");
  const int64_t paddings[] = {padding, padding};
  const int64_t strides[] = {stride, stride};
  // The layout of the weight says which one the pictures will have.
  return reorder.call(weight.contiguous(at::MemoryFormat::ChannelsLast), paddings, strides,
                      kDilation, kGroups, input_shape);
}

at::Tensor LayoutOf(const at::Tensor& packed) {
  static const auto describe = FindOperator<DescribeLayout>("mkldnn::_get_mkldnn_serialized_md");
  return describe.call(packed);
}

}  // namespace

class PackedConvolution::Weights {
 public:
  explicit Weights(at::Tensor plain) : plain_(std::move(plain)) {}

  at::Tensor For(at::IntArrayRef input_shape, int64_t stride, int64_t padding)
      ABSL_LOCKS_EXCLUDED(mu_) {
    const std::vector<int64_t> shape = input_shape.vec();
    {
      absl::ReaderMutexLock lock(&mu_);
      if (const auto known = by_shape_.find(shape); known != by_shape_.end()) return known->second;
    }
    absl::MutexLock lock(&mu_);
    at::Tensor& packed = by_shape_[shape];
    if (!packed.defined()) packed = Share(PackFrom(shape, stride, padding));
    return packed;
  }

  at::Tensor Plain() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return plain_.defined() ? plain_ : layouts_.front().packed.to_dense();
  }

 private:
  struct Layout {
    at::Tensor description;
    at::Tensor packed;
  };

  at::Tensor PackFrom(const std::vector<int64_t>& shape, int64_t stride, int64_t padding)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (!plain_.defined()) return Pack(layouts_.front().packed.to_dense(), shape, stride, padding);
    at::Tensor packed = Pack(plain_, shape, stride, padding);
    StateDictLoader::PageOut(plain_);
    plain_.reset();
    return packed;
  }

  // The tensor of that layout that was there first.
  at::Tensor Share(const at::Tensor& packed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const at::Tensor description = LayoutOf(packed);
    const auto same = std::find_if(layouts_.begin(), layouts_.end(), [&](const Layout& layout) {
      return at::equal(layout.description, description);
    });
    if (same != layouts_.end()) return same->packed;
    layouts_.push_back({description, packed});
    return packed;
  }

  absl::Mutex mu_;
  at::Tensor plain_ ABSL_GUARDED_BY(mu_);  // undefined once there is a layout
  std::vector<Layout> layouts_ ABSL_GUARDED_BY(mu_);
  std::map<std::vector<int64_t>, at::Tensor> by_shape_ ABSL_GUARDED_BY(mu_);
};

bool PackedConvolution::Supports(const at::Tensor& weight) {
  static const bool computes_bfloat16 =
      at::Context::hasMKLDNN() && FindOperator<bool()>("mkldnn::_is_mkldnn_bf16_supported").call();
  const bool computes = weight.scalar_type() == at::kFloat ||
                        (weight.scalar_type() == at::kBFloat16 && computes_bfloat16);
  return at::Context::hasMKLDNN() && weight.is_cpu() && computes;
}

PackedConvolution::PackedConvolution(at::Tensor weight, at::Tensor bias, int64_t stride,
                                     int64_t padding)
    : weights_(std::make_shared<Weights>(std::move(weight))),
      bias_(std::move(bias)),
      stride_(stride),
      padding_(padding) {}

at::Tensor PackedConvolution::PlainWeight() const { return weights_->Plain(); }

at::Tensor PackedConvolution::Forward(const at::Tensor& input, Activation activation) const {
  static const auto convolve = FindOperator<ConvolvePointwise>("mkldnn::_convolution_pointwise");
  const int64_t paddings[] = {padding_, padding_};
  const int64_t strides[] = {stride_, stride_};
  const std::optional<at::Tensor> bias =
      bias_.defined() ? std::optional<at::Tensor>(bias_) : std::nullopt;
  return convolve.call(input.contiguous(at::MemoryFormat::ChannelsLast),
                       weights_->For(input.sizes(), stride_, padding_), bias, paddings, strides,
                       kDilation, kGroups, activation == Activation::kRelu ? "relu" : "none",
                       c10::List<std::optional<at::Scalar>>(), "");
}

}  // namespace strobe::model
