#include "server/batching/batch_runner.h"

#include <cassert>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/base/request_end.h"
#include "server/base/request_error.h"
#include "server/batching/engine_fault.h"
#include "server/observability/logging.h"

namespace strobe::server {
namespace {

SampleResult PictureOf(const QueuedSample& sample, bool partial, absl::Time decoded,
                       model::RgbImage image) {
  SampleResult result;
  result.index = sample.index;
  result.partial = partial;
  result.decoded = decoded;
  result.image = std::move(image);
  result.steps_done = sample.steps_done;
  result.prompt_truncated = sample.state->prompt_truncated();
  result.account = sample.account;
  if (!partial) {
    const int requested = sample.request().samples[sample.index].num_inference_steps;
    result.finish_reason = sample.plan.steps_left() > 0    ? FinishReason::kDeadline
                           : sample.steps_done < requested ? FinishReason::kLoad
                                                           : FinishReason::kStop;
  }
  return result;
}

}  // namespace

absl::Status DeadlineError(const GenerationTask& task, absl::Time now) {
  const GenerationRequest& request = task.request();
  const absl::Duration allowed = request.deadline - request.arrival;
  if (request.deadline <= now) return DeadlineExpired(allowed);
  const std::string millis = absl::StrCat(absl::ToInt64Milliseconds(allowed));
  return RequestError(
      absl::StatusCode::kDeadlineExceeded,
      absl::StrCat("the deadline of ", millis, " ms can no longer be met"),
      {.reason = Reason::kDeadlineInfeasible, .metadata = {{"deadline_ms", millis}}});
}

BatchResult BatchRunner::Run(const PolicyBatch& batch, SampleQueue::Samples& members) {
  const absl::Time start = clock_.Now();
  for (const auto& sample : members) {
    if (sample->state == nullptr) {
      // From arrival, as its help says: a request may have been held back before it came here.
      metrics_.queue_wait_seconds.Observe(absl::ToDoubleSeconds(start - sample->request().arrival));
    }
    sample->account.queue += start - sample->waiting_since;
  }
  BatchResult result;
  result.goes_on.assign(members.size(), false);
  const std::vector<int> positions = Prepare(members, result.status);
  result.batch_size = static_cast<int>(positions.size());
  if (positions.empty()) return result;

  Pictures pictures;
  if (result.status.ok()) result.status = CallEngine(batch, members, positions, pictures);
  const absl::Time end = clock_.Now();
  result.duration = end - start;
  Count(batch, members, positions, result);
  for (int i = 0; i < result.batch_size; ++i) {
    QueuedSample& sample = *members[positions[i]];
    GenerationTask& task = *sample.progress->task;
    Charge(batch, sample, result);
    if (!result.status.ok()) {
      result.goes_on[positions[i]] = SettleFailure(batch, sample, result);
    } else if (!task.ended()) {
      result.goes_on[positions[i]] =
          Settle(batch, sample, pictures.empty() ? nullptr : &pictures[i]);
    }
    task.LeaveStage();
  }
  return result;
}

std::vector<int> BatchRunner::Prepare(SampleQueue::Samples& members, absl::Status& status) {
  std::vector<int> positions;
  for (int i = 0; i < static_cast<int>(members.size()); ++i) {
    QueuedSample& sample = *members[i];
    GenerationTask& task = *sample.progress->task;
    if (!task.EnterStage()) continue;
    if (sample.state == nullptr) {
      model::GenerationSpec spec = sample.request().samples[sample.index];
      spec.num_inference_steps = sample.num_inference_steps();
      auto created = engine_.CreateSample(sample.request().model.key(), spec);
      if (!created.ok()) {
        const EngineFault fault = FaultOf(created.status());
        if (fault == EngineFault::kDeviceLost) status = created.status();
        metrics_.CountFault(fault);
        Log(LogLevel::kError, "sample not created", {{"error", created.status().message()}});
        task.Fail(RequestErrorOf(fault));
        task.LeaveStage();
        continue;
      }
      sample.state = *std::move(created);
    }
    positions.push_back(i);
  }
  return positions;
}

absl::Status BatchRunner::CallEngine(const PolicyBatch& batch, const SampleQueue::Samples& members,
                                     const std::vector<int>& positions, Pictures& pictures) {
  std::vector<SampleState*> states;
  for (const int position : positions) states.push_back(members[position]->state.get());
  STROBE_ASSIGN_OR_RETURN(pictures, engine_.Run(batch.stage, states));
  assert(pictures.size() == (TraitsOf(batch.stage).gives_picture ? states.size() : 0));
  return absl::OkStatus();
}

void BatchRunner::Count(const PolicyBatch& batch, const SampleQueue::Samples& members,
                        const std::vector<int>& positions, const BatchResult& result) {
  metrics_.CountBatch(batch.stage, result.batch_size, absl::ToDoubleSeconds(result.duration));
  if (!result.status.ok()) {
    CountFault(batch, result);
  } else if (TraitsOf(batch.stage).repeats) {
    CountSteps(members, positions);
  }
}

void BatchRunner::CountSteps(const SampleQueue::Samples& members,
                             const std::vector<int>& positions) {
  const int first = members[positions.front()]->steps_done;
  int beginners = 0;
  bool mixed = false;
  for (const int position : positions) {
    beginners += members[position]->steps_done == 0;
    mixed |= members[position]->steps_done != first;
  }
  if (!mixed) return;
  metrics_.mixed_step_batches_total.Increment();
  metrics_.joins_total.Increment(beginners);
}

void BatchRunner::Charge(const PolicyBatch& batch, QueuedSample& sample,
                         const BatchResult& result) {
  if (!result.status.ok()) {
    sample.account.queue += result.duration;  // it waits for its turn again
    return;
  }
  StageAccount& account = sample.account.stages[batch.stage];
  account.duration += result.duration;
  account.batch_sizes.push_back(result.batch_size);
  if (TraitsOf(batch.stage).repeats) metrics_.denoise_steps_total.Increment();
}

void BatchRunner::CountFault(const PolicyBatch& batch, const BatchResult& result) {
  const EngineFault fault = FaultOf(result.status);
  metrics_.CountFault(fault);
  Log(fault == EngineFault::kOutOfMemory ? LogLevel::kWarning : LogLevel::kError, "stage failed",
      {{"stage", StageName(batch.stage)},
       {"batch_size", result.batch_size},
       {"width", batch.key.width},
       {"height", batch.key.height},
       {"error", result.status.message()}});
}

bool BatchRunner::SettleFailure(const PolicyBatch& batch, QueuedSample& sample,
                                const BatchResult& result) {
  GenerationTask& task = *sample.progress->task;
  const EngineFault fault = FaultOf(result.status);
  if (batch.stage == Stage::kPreview && fault != EngineFault::kDeviceLost) {
    // The image itself may still be made.
    sample.preview_due = false;
    metrics_.partial_images_dropped_total.Increment();
    return !task.ended();
  }
  if (fault == EngineFault::kOutOfMemory && result.batch_size > 1) return !task.ended();
  task.Fail(RequestErrorOf(fault));
  return false;
}

bool BatchRunner::Settle(const PolicyBatch& batch, QueuedSample& sample,
                         absl::StatusOr<model::RgbImage>* picture) {
  const model::StageTraits& traits = TraitsOf(batch.stage);
  if (traits.gives_picture) {
    return SettlePicture(batch.stage == Stage::kPreview, sample, std::move(*picture));
  }
  assert(batch.stage == sample.plan.next());
  Advance(batch.stage, sample);
  if (!traits.repeats) return true;
  if (sample.preview_due) metrics_.partial_images_dropped_total.Increment();
  sample.preview_due = sample.preview_steps.count(sample.steps_done) > 0;
  sample.progress->task->DeliverProgress(sample.index, sample.steps_done,
                                         sample.num_inference_steps());
  return true;
}

bool BatchRunner::SettlePicture(bool preview, QueuedSample& sample,
                                absl::StatusOr<model::RgbImage> picture) {
  const std::shared_ptr<GenerationTask>& task = sample.progress->task;
  if (preview) {
    sample.preview_due = false;
    if (picture.ok()) {
      consumer_.Consume(task, PictureOf(sample, true, clock_.Now(), *std::move(picture)));
    } else {
      metrics_.partial_images_dropped_total.Increment();
    }
    return true;
  }
  if (picture.ok()) {
    consumer_.Consume(task, PictureOf(sample, false, clock_.Now(), *std::move(picture)));
  } else {
    metrics_.CountFault(EngineFault::kNotFinite);
    Log(LogLevel::kError, "picture cannot be shown", {{"error", picture.status().message()}});
    task->Fail(RequestErrorOf(EngineFault::kNotFinite));
  }
  return false;
}

}  // namespace strobe::server
