#include "model/training/methods/teacher_steps.h"

#include <ATen/core/grad_mode.h>

#include "model/sampling/few_step_sampler.h"

namespace strobe::model {

at::Tensor RunTeacher(const UNet2DConditionModel& teacher, PredictionType prediction_type,
                      const NoiseSchedule& schedule, at::Tensor latents,
                      const std::vector<TeacherPath>& paths, int count,
                      const Conditioning& conditioning) {
  const at::NoGradGuard no_grad;
  for (int j = 0; j < count; ++j) {
    std::vector<StepRule> rules;
    std::vector<double> labels;
    for (const TeacherPath& path : paths) {
      const auto label = [&](int step) {
        return path.end + (path.start - path.end) * (count - step) / count;
      };
      StepRule rule;
      rule.prediction_type = prediction_type;
      rule.row.timestep = label(j);
      rule.row.level = schedule.Level(label(j));
      rule.row.next = j + 1 < count ? schedule.Level(label(j + 1)) : path.end_level;
      rules.push_back(rule);
      labels.push_back(rule.row.timestep);
    }
    const at::Tensor output = GuidedOutput(teacher, latents, labels, conditioning);
    latents = ApplyStep(output, latents, rules, at::Tensor(), at::Tensor()).latents;
  }
  return latents;
}

}  // namespace strobe::model
