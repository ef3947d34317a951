#include "model/training/methods/adversarial_balance.h"

#include <algorithm>

#include <ATen/ops/zeros.h>

namespace strobe::model {
namespace {

constexpr double kNewest = 0.05;  // weight of a measurement in the average

}  // namespace

AdversarialBalance::AdversarialBalance(const AdversarialBalanceOptions& options)
    : options_(options), ratio_(at::zeros({1}, at::kFloat)) {}

double AdversarialBalance::ShareAt(int64_t call) const {
  if (call < options_.warmup) return 0.0;
  const double grown = static_cast<double>(call - options_.warmup + 1) /
                       static_cast<double>(std::max<int64_t>(options_.ramp, 1));
  return options_.share * std::min(1.0, grown);
}

double AdversarialBalance::FactorAt(int64_t call, double reconstruction_norm,
                                    double adversarial_norm) {
  float& ratio = *ratio_.data_ptr<float>();
  if (reconstruction_norm > 0.0) {
    const double measured = adversarial_norm / reconstruction_norm;
    ratio = static_cast<float>(ratio == 0.0f ? measured : ratio + kNewest * (measured - ratio));
  }
  return ratio > 0.0f ? ShareAt(call) / ratio : 0.0;
}

}  // namespace strobe::model
