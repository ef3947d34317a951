// Which noise brings the student's picture back to a level from which the teacher can start.

#ifndef STROBE_MODEL_TRAINING_METHODS_RENOISING_H_
#define STROBE_MODEL_TRAINING_METHODS_RENOISING_H_

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// The paper (Kohler et al. 2024, "Imagine Flash", section 3.2) does not say which noise it takes.
enum class Renoise {
  // The student's own estimate, (x_t - alpha_t x0hat) / sigma_t: a deterministic step of the
  // student
  // down to the level. The target is a function of what the student sees.
  kOwn,
  // The noise that the student's sampling started from.
  kStart,
  // The start noise at the first step, new noise later. The student cannot see new noise, so the
  // mean square pulls x0hat to the mean over it. For data of deviation s the slope of the target
  // over x0hat is rho = alpha s / sqrt(alpha^2 s^2 + sigma^2) < 1.
  kFresh
};

// "own", "start" or "fresh"; INVALID_ARGUMENT names the choices.
absl::StatusOr<Renoise> ParseRenoise(const std::string& name);

// What the student did in each row of a batch.
struct StudentPrediction {
  at::Tensor x0;                   // [B, C, h, w], detached
  at::Tensor input;                // x_t, of the same shape
  std::vector<NoiseLevel> levels;  // of x_t
  at::Tensor start_noise;          // of the same shape
  std::vector<double> is_first;    // 1 for rows at the first step, else 0
};

// alpha x0 + sigma z at `targets`, a level for each row, with z as `renoise` says. `fresh`: new
// unit noise, looked at by kFresh alone.
at::Tensor Renoised(Renoise renoise, const StudentPrediction& student,
                    const std::vector<NoiseLevel>& targets, const at::Tensor& fresh);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_RENOISING_H_
