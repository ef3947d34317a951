#include "model/training/stages/distillation_stage.h"

#include <algorithm>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/evaluation/picture_tensors.h"
#include "model/sampling/step_table_builder.h"
#include "model/training/methods/latent_sampler.h"
#include "model/training/networks/lora_unet.h"
#include "model/training/networks/training_random.h"
#include "model/training/stages/network_configs.h"

namespace strobe::model {
namespace {}  // namespace

absl::StatusOr<std::unique_ptr<DistillationStage>> DistillationStage::Create(
    const DistillationRecipe& recipe, const TrainedModel& teacher, const DistillationData& data) {
  std::unique_ptr<DistillationStage> stage(new DistillationStage(recipe, data));
  STROBE_RETURN_IF_ERROR(stage->Build(teacher));
  return stage;
}

absl::Status DistillationStage::Build(const TrainedModel& teacher) {
  STROBE_RETURN_IF_ERROR(BuildDenoisers(teacher));
  STROBE_ASSIGN_OR_RETURN(decoder_, BuildDecoder(teacher, data_.device));
  STROBE_RETURN_IF_ERROR(CheckFit(teacher));
  const auto scheduler = StudentSchedulerJson(teacher.scheduler_config);
  return scheduler.ok() ? BuildMethod(*scheduler) : scheduler.status();
}

absl::Status DistillationStage::CheckFit(const TrainedModel& teacher) const {
  const int cell = decoder_->scale_factor();
  if (recipe_.data.image_size % cell != 0) {
    return absl::InvalidArgumentError(absl::StrCat("image_size ", recipe_.data.image_size,
                                                   " is not a multiple of the ", cell,
                                                   " pixels of a latent cell"));
  }
  return teacher.family->CheckFit({data_.conditioner->encoder(), teacher_->facts(), *decoder_});
}

absl::Status DistillationStage::BuildMethod(const nlohmann::json& scheduler) {
  STROBE_ASSIGN_OR_RETURN(const StepTableBuilder builder, StepTableBuilder::FromJson(scheduler));
  STROBE_ASSIGN_OR_RETURN(
      method_, CreateDistillationMethod(
                   recipe_, builder,
                   {teacher_.get(), student_.get(), averaged_student_.get(), data_.device}));
  student_scheduler_ = method_->StudentScheduler(scheduler);
  STROBE_ASSIGN_OR_RETURN(const StepTableBuilder sampler,
                          StepTableBuilder::FromJson(student_scheduler_));
  for (const int steps : recipe_.step_counts) {
    STROBE_ASSIGN_OR_RETURN(const StepTable table, sampler.Build({steps}));
    sheet_tables_.push_back(table);
  }
  return absl::OkStatus();
}

absl::Status DistillationStage::BuildDenoisers(const TrainedModel& teacher) {
  teacher_weights_.Add(teacher.unet);
  teacher_weights_.SetTrainable(false);
  student_weights_.Add(recipe_.lora_rank > 0
                           ? MakeLora(teacher_weights_.tensors(), recipe_.lora_rank, recipe_.seed)
                           : teacher.unet);
  if (student_weights_.tensors().empty()) {
    return absl::InvalidArgumentError("unet: no attention to train adapters on");
  }
  learner_ = std::make_unique<Learner>(std::vector<LearningGroup>{{"unet", &student_weights_, 1.0}},
                                       recipe_.student.ToLearnerOptions());
  STROBE_ASSIGN_OR_RETURN(teacher_, BuildUnet(teacher.unet_config, recipe_.seed, teacher_weights_));
  const std::pair<ParameterSet*, std::unique_ptr<UNet2DConditionModel>*> students[] = {
      {&student_weights_, &student_}, {&learner_->averaged(0), &averaged_student_}};
  for (const auto& [weights, unet] : students) {
    STROBE_ASSIGN_OR_RETURN(auto student,
                            recipe_.lora_rank > 0
                                ? BuildLoraUnet(teacher_->config(), &teacher_weights_, weights)
                                : BuildUnet(teacher.unet_config, recipe_.seed, *weights));
    *unet = std::move(student);
  }
  return absl::OkStatus();
}

StateDict DistillationStage::State() const {
  StateDict state = learner_->State();
  state.merge(method_->State());
  return state;
}

StateDict DistillationStage::Adapters() const {
  return recipe_.lora_rank > 0 ? learner_->averaged(0).Snapshot() : StateDict();
}

StateDict DistillationStage::Weights() const {
  return recipe_.lora_rank > 0 ? MergeLora(teacher_weights_.Snapshot(), Adapters())
                               : learner_->averaged(0).Snapshot();
}

absl::StatusOr<StepReport> DistillationStage::RunStep(int64_t step) {
  const int parts = recipe_.student.micro_batches;
  std::map<std::string, double> extras;
  for (int part = 0; part < parts; ++part) {
    StepRandom random(recipe_.seed, name(), step * parts + part, data_.device);
    STROBE_ASSIGN_OR_RETURN(const DistillationLoss loss, LossOfPart(random));
    STROBE_RETURN_IF_ERROR(learner_->Accumulate(loss.loss, step, parts));
    extras = loss.extras;
  }
  STROBE_ASSIGN_OR_RETURN(const LearnerReport report, learner_->Update(step));
  return StepReport{report.loss, report.gradient_norm, report.learning_rate, extras};
}

absl::StatusOr<DistillationLoss> DistillationStage::LossOfPart(StepRandom& random) {
  const int64_t count = batch_size() / recipe_.student.micro_batches;
  const std::vector<int64_t> pictures = random.Indices(count, data_.captions->num_pictures());
  std::vector<int64_t> captions;
  for (const int64_t picture : pictures) {
    captions.push_back(data_.captions->CaptionOf(picture, random.scalars().Uniform()));
  }
  const int64_t cells = recipe_.data.image_size / decoder_->scale_factor();
  DistillationBatch batch;
  batch.conditioning =
      data_.conditioner->Condition(*data_.captions, captions, recipe_.guidance_scale);
  batch.latent_shape = {count, decoder_->latent_channels(), cells, cells};
  batch.data_latents = [&] { return data_.latents(pictures); };
  const Autocast autocast(precision_, data_.device.type());
  return method_->Loss(batch, random);
}

absl::StatusOr<std::optional<RgbImage>> DistillationStage::SampleSheet() {
  const int64_t count = std::min(kSheetPictures, data_.captions->num_pictures());
  std::vector<int64_t> captions;
  for (int64_t i = 0; i < count; ++i) captions.push_back(data_.captions->CaptionOf(i, 0.0));
  const Conditioning conditioning = data_.conditioner->Condition(*data_.captions, captions, 1.0);
  const int64_t cells = recipe_.data.image_size / decoder_->scale_factor();
  StepRandom random(recipe_.seed, "sheet", 0, data_.device);
  const at::Tensor noise = random.Noise({count, decoder_->latent_channels(), cells, cells});
  std::vector<at::Tensor> rows;
  for (const StepTable& table : sheet_tables_) {
    const at::Tensor latents = SampleLatents(*averaged_student_, table, noise, conditioning);
    const at::NoGradGuard no_grad;
    rows.push_back(decoder_->Decode(latents));
  }
  return PictureSheet(at::cat(rows), static_cast<int>(count));
}

}  // namespace strobe::model
