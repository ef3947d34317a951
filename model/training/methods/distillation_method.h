// How a student learns from its teacher: one file each.

#ifndef STROBE_MODEL_TRAINING_METHODS_DISTILLATION_METHOD_H_
#define STROBE_MODEL_TRAINING_METHODS_DISTILLATION_METHOD_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/sampling/step_table_builder.h"
#include "model/training/data/training_recipe.h"
#include "model/training/methods/latent_sampler.h"
#include "model/training/networks/training_random.h"

namespace strobe::model {

// What every method works on. The teacher wants no gradients, the student does.
struct DistillationNetworks {
  const UNet2DConditionModel* teacher = nullptr;
  const UNet2DConditionModel* student = nullptr;
  // The student's moving average; without gradients.
  const UNet2DConditionModel* averaged = nullptr;
  at::Device device = at::kCPU;  // of all of them and of the batches
};

struct DistillationBatch {
  Conditioning conditioning;          // with the teacher's guidance scale; the student runs without
  std::vector<int64_t> latent_shape;  // [B, C, h, w]
  // Clean latents of the captions' pictures, for the methods that look at data; methods that do not
  // call it cannot depend on the pictures.
  std::function<absl::StatusOr<at::Tensor>()> data_latents;
};

struct DistillationLoss {
  at::Tensor loss;                       // a scalar
  std::map<std::string, double> extras;  // for the metrics file
};

// A loss whose gradient improves the student. Draws only from `random`. Not thread-safe.
class DistillationMethod {
 public:
  virtual ~DistillationMethod() = default;

  virtual absl::StatusOr<DistillationLoss> Loss(const DistillationBatch& batch,
                                                StepRandom& random) = 0;

  // What else learns (a discriminator), uncopied, so that a resumed run goes on exactly.
  virtual StateDict State() const { return {}; }

  // The scheduler_config.json that the student is sampled with; the teacher's unless said.
  virtual nlohmann::json StudentScheduler(const nlohmann::json& teacher) const { return teacher; }
};

// The method `recipe.method`; INVALID_ARGUMENT names the choices. `builder` makes step tables of
// the teacher's scheduler.
absl::StatusOr<std::unique_ptr<DistillationMethod>> CreateDistillationMethod(
    const DistillationRecipe& recipe, const StepTableBuilder& builder,
    const DistillationNetworks& networks);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_DISTILLATION_METHOD_H_
