#include "model/training/stages/teacher_stage.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include "base/status_macros.h"
#include "model/evaluation/picture_tensors.h"
#include "model/sampling/schedulers/scheduler_list.h"
#include "model/sampling/step_table_builder.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/methods/latent_sampler.h"
#include "model/training/stages/text_stage.h"

namespace strobe::model {
namespace {

constexpr int kSheetSteps = 8;
constexpr int kSheetColumns = 8;
// Metrics tell apart what decides the layout from what decides the edges.
constexpr int64_t kHighTimestep = 800;
constexpr int64_t kLowTimestep = 400;

// Mean of `errors` over the rows whose timestep is in [from, to); nothing when there is none.
void AddMeanOver(const at::Tensor& errors, const std::vector<int64_t>& timesteps, int64_t from,
                 int64_t to, const char* name, std::map<std::string, double>& extras) {
  const at::Tensor on_cpu = errors.to(at::kCPU);
  const float* error = on_cpu.const_data_ptr<float>();
  double sum = 0.0;
  int count = 0;
  for (size_t i = 0; i < timesteps.size(); ++i) {
    if (timesteps[i] < from || timesteps[i] >= to) continue;
    sum += error[i];
    ++count;
  }
  if (count > 0) extras[name] = sum / count;
}

}  // namespace

TeacherStage::TeacherStage(const TrainingRecipe& recipe, const TrainedModel& model,
                           const TeacherData& data, const NoiseSchedule& schedule,
                           PredictionType prediction_type)
    : recipe_(recipe),
      model_(model),
      data_(data),
      schedule_(schedule),
      precision_(*ParsePrecision(recipe.precision)),
      prediction_type_(prediction_type),
      unet_weights_(data.device),
      text_weights_(data.device) {}

absl::StatusOr<std::unique_ptr<TeacherStage>> TeacherStage::Create(const TrainingRecipe& recipe,
                                                                   const TrainedModel& model,
                                                                   const TeacherData& data) {
  STROBE_ASSIGN_OR_RETURN(const std::unique_ptr<const Scheduler> scheduler,
                          ReadSchedulerConfig(model.scheduler_config));
  STROBE_ASSIGN_OR_RETURN(const NoiseSchedule schedule, NoiseSchedule::Create(scheduler->noise()));
  std::unique_ptr<TeacherStage> stage(
      new TeacherStage(recipe, model, data, schedule, scheduler->prediction_type()));
  STROBE_RETURN_IF_ERROR(stage->Build());
  return stage;
}

absl::Status TeacherStage::Build() {
  unet_weights_.Add(model_.unet);
  text_weights_.Add(model_.text_encoder);
  STROBE_ASSIGN_OR_RETURN(unet_, BuildUnet(model_.unet_config, recipe_.seed, unet_weights_));
  STROBE_ASSIGN_OR_RETURN(text_, BuildTextModel(model_.text_config, recipe_.seed, text_weights_));
  learner_ = std::make_unique<Learner>(
      std::vector<LearningGroup>{{"unet", &unet_weights_, 1.0},
                                 {"text_encoder", &text_weights_, recipe_.text_rate_scale}},
      recipe_.teacher.ToLearnerOptions());
  STROBE_ASSIGN_OR_RETURN(averaged_unet_,
                          BuildUnet(model_.unet_config, recipe_.seed, learner_->averaged(0)));
  STROBE_ASSIGN_OR_RETURN(averaged_text_,
                          BuildTextModel(model_.text_config, recipe_.seed, learner_->averaged(1)));
  return absl::OkStatus();
}

TeacherStage::Batch TeacherStage::DrawBatch(StepRandom& random) const {
  const int64_t count = batch_size() / recipe_.teacher.micro_batches;
  const int64_t last = schedule_.num_train_timesteps() - 1;
  const std::vector<int64_t> rows = random.Indices(count, data_.captions->num_pictures());
  Batch batch;
  std::vector<int64_t> captions;
  std::vector<double> keep_signal;
  std::vector<bool> dropped;
  for (const int64_t row : rows) {
    SceneRandom& scalars = random.scalars();
    captions.push_back(data_.captions->CaptionOf(row, scalars.Uniform()));
    dropped.push_back(scalars.Chance(recipe_.caption_dropout));
    const bool pure_noise = scalars.Chance(recipe_.pure_noise_share);
    const double share = std::pow(scalars.Uniform(), recipe_.timestep_exponent);
    const int64_t timestep =
        pure_noise ? last : std::min<int64_t>(last, static_cast<int64_t>((last + 1) * share));
    batch.timesteps.push_back(timestep);
    batch.levels.push_back(schedule_.Level(static_cast<int>(timestep)));
    keep_signal.push_back(pure_noise ? 0.0 : 1.0);
  }
  batch.x0 = at::index_select(data_.latents, 0, at::tensor(rows, at::kLong).to(data_.device))
                 .to(at::kFloat);
  const at::Tensor noise = random.Noise(batch.x0.sizes());
  const at::Tensor keep = RowColumn(keep_signal, noise);
  batch.noisy = keep * AddNoise(batch.x0, noise, batch.levels) + (1.0 - keep) * noise;
  batch.token_ids = data_.captions->TokenIds(captions);
  for (int64_t i = 0; i < count; ++i) {
    if (dropped[i]) batch.token_ids[i].copy_(data_.empty_caption);
  }
  batch.token_ids = batch.token_ids.to(data_.device);
  return batch;
}

absl::StatusOr<StepReport> TeacherStage::RunStep(int64_t step) {
  const int parts = recipe_.teacher.micro_batches;
  StepReport report;
  for (int part = 0; part < parts; ++part) {
    StepRandom random(recipe_.seed, name(), step * parts + part, data_.device);
    const Batch batch = DrawBatch(random);
    const at::Tensor x0hat = Denoise(batch);
    const at::Tensor loss = DenoisingLoss(x0hat, batch.x0, batch.levels).mean();
    STROBE_RETURN_IF_ERROR(learner_->Accumulate(loss, step, parts));
    const at::Tensor errors = (x0hat.detach() - batch.x0).square().mean({1, 2, 3});
    const int64_t end = schedule_.num_train_timesteps();
    AddMeanOver(errors, batch.timesteps, kHighTimestep, end, "mse_t_high", report.extras);
    AddMeanOver(errors, batch.timesteps, 0, kLowTimestep, "mse_t_low", report.extras);
  }
  STROBE_ASSIGN_OR_RETURN(const LearnerReport learned, learner_->Update(step));
  report.loss = learned.loss;
  report.gradient_norm = learned.gradient_norm;
  report.learning_rate = learned.learning_rate;
  return report;
}

at::Tensor TeacherStage::Denoise(const Batch& batch) const {
  const at::Tensor labels = at::tensor(batch.timesteps, at::kLong).to(at::kFloat).to(data_.device);
  const Autocast autocast(precision_, data_.device.type());
  const at::Tensor output =
      unet_->Forward(batch.noisy, labels, {text_->Forward(batch.token_ids).last_hidden_state});
  return PredictedX0(prediction_type_, output.to(at::kFloat), batch.noisy, batch.levels);
}

absl::StatusOr<std::optional<RgbImage>> TeacherStage::SampleSheet() {
  const at::NoGradGuard no_grad;
  STROBE_ASSIGN_OR_RETURN(const StepTableBuilder builder,
                          StepTableBuilder::FromJson(model_.scheduler_config));
  STROBE_ASSIGN_OR_RETURN(const StepTable table, builder.Build({kSheetSteps}));
  std::vector<int64_t> captions;
  const int64_t count = std::min(kSheetPictures, data_.captions->num_pictures());
  for (int64_t i = 0; i < count; ++i) captions.push_back(data_.captions->CaptionOf(i, 0.0));
  const Conditioning conditioning = {
      averaged_text_->Forward(data_.captions->TokenIds(captions).to(data_.device))
          .last_hidden_state,
      averaged_text_->Forward(data_.empty_caption.unsqueeze(0).to(data_.device))
          .last_hidden_state.squeeze(0),
      recipe_.guidance_scale};
  StepRandom random(recipe_.seed, "sheet", 0, data_.device);
  std::vector<int64_t> shape = data_.latents.sizes().vec();
  shape[0] = count;
  const at::Tensor latents =
      SampleLatents(*averaged_unet_, table, random.Noise(shape), conditioning);
  return PictureSheet(data_.decoder->Decode(latents), kSheetColumns);
}

}  // namespace strobe::model
