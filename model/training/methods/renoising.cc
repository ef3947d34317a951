#include "model/training/methods/renoising.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/training/methods/diffusion_loss.h"

namespace strobe::model {
namespace {

at::Tensor NoiseOf(Renoise renoise, const StudentPrediction& student, const at::Tensor& fresh) {
  switch (renoise) {
    case Renoise::kOwn:
      return PredictedNoise(student.x0, student.input, student.levels);
    case Renoise::kStart:
      return student.start_noise;
    case Renoise::kFresh:
      break;
  }
  const at::Tensor first = RowColumn(student.is_first, student.x0).to(at::kBool);
  return at::where(first, student.start_noise, fresh);
}

}  // namespace

absl::StatusOr<Renoise> ParseRenoise(const std::string& name) {
  if (name == "own") return Renoise::kOwn;
  if (name == "start") return Renoise::kStart;
  if (name == "fresh") return Renoise::kFresh;
  return absl::InvalidArgumentError(
      absl::StrCat("no renoise '", name, "': there are own, start and fresh"));
}

at::Tensor Renoised(Renoise renoise, const StudentPrediction& student,
                    const std::vector<NoiseLevel>& targets, const at::Tensor& fresh) {
  return AddNoise(student.x0, NoiseOf(renoise, student, fresh), targets);
}

}  // namespace strobe::model
