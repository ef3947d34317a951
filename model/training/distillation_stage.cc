#include "model/training/distillation_stage.h"

#include <algorithm>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/sampling/scheduler_config.h"
#include "model/training/latent_sampler.h"
#include "model/training/lora_unet.h"
#include "model/training/picture_tensors.h"
#include "model/training/text_stage.h"
#include "model/training/training_random.h"

namespace strobe::model {
namespace {

constexpr int64_t kSheetPictures = 16;

}  // namespace

absl::StatusOr<std::unique_ptr<DistillationStage>> DistillationStage::Create(
    const DistillationRecipe& recipe, const TrainedModel& teacher, const DistillationData& data) {
  const auto config = SchedulerConfig::FromJson(teacher.scheduler_config);
  if (!config.ok()) return config.status();
  const absl::StatusOr<StepTableBuilder> builder = StepTableBuilder::Create(*config);
  if (!builder.ok()) return builder.status();
  std::unique_ptr<DistillationStage> stage(new DistillationStage(recipe, data, *builder));
  const absl::Status status = stage->Build(teacher);
  if (!status.ok()) return status;
  return stage;
}

absl::Status DistillationStage::Build(const TrainedModel& teacher) {
  const absl::Status built = BuildDenoisers(teacher);
  if (!built.ok()) return built;
  text_weights_.Add(teacher.text_encoder);
  text_weights_.SetTrainable(false);
  auto text = BuildTextModel(teacher.text_config, recipe_.seed, text_weights_);
  if (!text.ok()) return text.status();
  text_ = *std::move(text);
  auto decoder = BuildDecoder(teacher);
  if (!decoder.ok()) return decoder.status();
  decoder_ = *std::move(decoder);
  if (teacher_->config().in_channels != decoder_->latent_channels()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the unet works on ", teacher_->config().in_channels,
                     " latent channels, the decoder on ", decoder_->latent_channels()));
  }
  auto method = CreateDistillationMethod(recipe_, builder_,
                                         {teacher_.get(), student_.get(), averaged_student_.get()});
  if (!method.ok()) return method.status();
  method_ = *std::move(method);
  student_scheduler_ = method_->StudentScheduler(teacher.scheduler_config);
  return absl::OkStatus();
}

absl::Status DistillationStage::BuildDenoisers(const TrainedModel& teacher) {
  teacher_weights_.Add(teacher.unet);
  teacher_weights_.SetTrainable(false);
  student_weights_.Add(recipe_.lora_rank > 0
                           ? MakeLora(teacher_weights_.tensors(), recipe_.lora_rank, recipe_.seed)
                           : teacher.unet);
  learner_ = std::make_unique<Learner>(std::vector<LearningGroup>{{"unet", &student_weights_, 1.0}},
                                       recipe_.student.ToLearnerOptions());
  auto built = BuildUnet(teacher.unet_config, recipe_.seed, teacher_weights_);
  if (!built.ok()) return built.status();
  teacher_ = *std::move(built);
  const std::pair<ParameterSet*, std::unique_ptr<UNet2DConditionModel>*> students[] = {
      {&student_weights_, &student_}, {&learner_->averaged(0), &averaged_student_}};
  for (const auto& [weights, unet] : students) {
    auto student = recipe_.lora_rank > 0
                       ? BuildLoraUnet(teacher_->config(), &teacher_weights_, weights)
                       : BuildUnet(teacher.unet_config, recipe_.seed, *weights);
    if (!student.ok()) return student.status();
    *unet = *std::move(student);
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

Conditioning DistillationStage::ConditionOn(const std::vector<int64_t>& captions,
                                            double guidance_scale) const {
  const at::NoGradGuard no_grad;
  return {text_->Forward(data_.captions->TokenIds(captions)).last_hidden_state,
          text_->Forward(data_.empty_caption.unsqueeze(0)).last_hidden_state.squeeze(0),
          guidance_scale};
}

absl::StatusOr<StepReport> DistillationStage::RunStep(int64_t step) {
  const int parts = recipe_.student.micro_batches;
  std::map<std::string, double> extras;
  for (int part = 0; part < parts; ++part) {
    StepRandom random(recipe_.seed, name(), step * parts + part);
    const absl::StatusOr<DistillationLoss> loss = LossOfPart(random);
    if (!loss.ok()) return loss.status();
    const absl::Status status = learner_->Accumulate(loss->loss, step, parts);
    if (!status.ok()) return status;
    extras = loss->extras;
  }
  const absl::StatusOr<LearnerReport> report = learner_->Update(step);
  if (!report.ok()) return report.status();
  return StepReport{report->loss, report->gradient_norm, report->learning_rate, extras};
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
  batch.conditioning = ConditionOn(captions, recipe_.guidance_scale);
  batch.latent_shape = {count, decoder_->latent_channels(), cells, cells};
  batch.data_latents = [&] { return data_.latents(pictures); };
  const Autocast autocast(precision_, at::kCPU);
  return method_->Loss(batch, random);
}

absl::StatusOr<std::optional<RgbImage>> DistillationStage::SampleSheet() {
  const int64_t count = std::min(kSheetPictures, data_.captions->num_pictures());
  std::vector<int64_t> captions;
  for (int64_t i = 0; i < count; ++i) captions.push_back(data_.captions->CaptionOf(i, 0.0));
  const Conditioning conditioning = ConditionOn(captions, 1.0);
  const int64_t cells = recipe_.data.image_size / decoder_->scale_factor();
  StepRandom random(recipe_.seed, "sheet", 0);
  const at::Tensor noise = random.Noise({count, decoder_->latent_channels(), cells, cells});
  const auto config = SchedulerConfig::FromJson(student_scheduler_);
  if (!config.ok()) return config.status();
  const absl::StatusOr<StepTableBuilder> builder = StepTableBuilder::Create(*config);
  if (!builder.ok()) return builder.status();
  std::vector<at::Tensor> rows;
  for (const int steps : recipe_.step_counts) {
    const absl::StatusOr<StepTable> table = builder->Build({steps});
    if (!table.ok()) return table.status();
    const at::Tensor latents = SampleLatents(*averaged_student_, *table, noise, conditioning);
    const at::NoGradGuard no_grad;
    rows.push_back(decoder_->Decode(latents));
  }
  return PictureSheet(at::cat(rows), static_cast<int>(count));
}

}  // namespace strobe::model
