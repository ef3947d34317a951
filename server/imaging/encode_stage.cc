#include "server/imaging/encode_stage.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "model/image_io/image_codec.h"
#include "model/image_io/xmp.h"
#include "server/base/request_error.h"
#include "server/imaging/provenance.h"

namespace strobe::server {
namespace {

constexpr absl::Duration kRetryDelay = absl::Seconds(1);

absl::Status QueueFullError() {
  ErrorDetails details;
  details.reason = Reason::kEncodeQueueFull;
  details.retry_delay = kRetryDelay;
  return RequestError(absl::StatusCode::kResourceExhausted,
                      "the server cannot encode images as fast as it makes them", details);
}

absl::Status EncodeFailedError() {
  ErrorDetails details;
  details.reason = Reason::kImageEncodeFailed;
  return RequestError(absl::StatusCode::kInternal, "the image could not be encoded", details);
}

}  // namespace

// Lets the pictures of one sample through in the order of their steps.
class EncodeStage::PictureOrder {
 public:
  // Delivers unless a later picture was delivered before; the lock is held meanwhile, so that no
  // later one can pass.
  bool DeliverPartial(GenerationTask& task, SampleResult picture) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (picture.steps_done <= newest_steps_) return false;
    newest_steps_ = picture.steps_done;
    task.DeliverPicture(std::move(picture));
    return true;
  }

  // After this no partial picture gets through.
  void Close() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    newest_steps_ = std::numeric_limits<int>::max();
  }

 private:
  absl::Mutex mu_;
  int newest_steps_ ABSL_GUARDED_BY(mu_) = -1;
};

// `order` goes before `task`, whose address is its key.
struct EncodeStage::Job {
  std::shared_ptr<GenerationTask> task;
  std::shared_ptr<PictureOrder> order;
  bool partial = false;
  SampleResult picture;  // moved away by Run
};

EncodeStage::EncodeStage(const ImagingOptions& options, std::string software, const Clock& clock,
                         ImagingMetrics& metrics, std::unique_ptr<Executor> executor)
    : options_(options),
      software_(std::move(software)),
      clock_(clock),
      metrics_(metrics),
      executor_(std::move(executor)) {}

EncodeStage::~EncodeStage() = default;

void EncodeStage::Consume(std::shared_ptr<GenerationTask> task, SampleResult decoded) {
  if (task->ended()) return;
  const bool partial = decoded.partial;
  if (partial && !TakePartialSlot()) {
    metrics_.partial_images_dropped_total.Increment();
    return;
  }
  auto job = std::make_shared<Job>();
  job->task = task;
  job->order = OrderOf(task.get(), decoded.index);
  job->partial = partial;
  job->picture = std::move(decoded);
  const bool accepted = executor_->TrySchedule([this, job] {
    Run(*job);
    if (job->partial) ReleasePartialSlot();
  });
  if (accepted) return;
  if (partial) {
    ReleasePartialSlot();
    metrics_.partial_images_dropped_total.Increment();
  } else {
    task->Fail(QueueFullError());
  }
}

void EncodeStage::Run(Job& job) {
  GenerationTask& task = *job.task;
  if (task.ended()) return;
  const GenerationRequest& request = task.request();
  const absl::Time start = clock_.Now();
  absl::StatusOr<std::string> encoded = Encode(request, job.picture);
  const absl::Duration spent = clock_.Now() - start;
  metrics_.encode_image_duration_seconds.Observe(absl::ToDoubleSeconds(spent));

  if (!encoded.ok()) {
    if (!job.partial) task.Fail(EncodeFailedError());
    return;
  }
  SampleResult picture = std::move(job.picture);
  picture.encoded = *std::move(encoded);
  std::vector<uint8_t>().swap(picture.image.pixels);
  picture.account.imaging = spent;
  if (!job.partial) {
    job.order->Close();
    task.DeliverPicture(std::move(picture));
  } else if (!job.order->DeliverPartial(task, std::move(picture))) {
    metrics_.partial_images_dropped_total.Increment();
  }
}

absl::StatusOr<std::string> EncodeStage::Encode(const GenerationRequest& request,
                                                const SampleResult& picture) const {
  const model::ImageFormat format = request.output_format;
  STROBE_ASSIGN_OR_RETURN(std::string encoded,
                          model::EncodeImage(picture.image, format, request.output_quality));
  const model::GenerationSpec& spec = request.samples[picture.index];
  return model::AddXmp(std::move(encoded), format,
                       ProvenancePacket(software_, request.model.description().name,
                                        options_.embed_prompts ? &spec : nullptr));
}

std::shared_ptr<EncodeStage::PictureOrder> EncodeStage::OrderOf(const GenerationTask* task,
                                                                int index) {
  absl::MutexLock lock(&mu_);
  const SampleKey key(task, index);
  if (const auto it = orders_.find(key); it != orders_.end()) {
    if (std::shared_ptr<PictureOrder> order = it->second.lock()) return order;
  }
  // At most one entry more than there are pictures under way.
  absl::erase_if(orders_, [](const auto& entry) { return entry.second.expired(); });
  auto order = std::make_shared<PictureOrder>();
  orders_[key] = order;
  return order;
}

bool EncodeStage::TakePartialSlot() {
  absl::MutexLock lock(&mu_);
  if (pending_partials_ >= options_.max_pending_partials) return false;
  ++pending_partials_;
  return true;
}

void EncodeStage::ReleasePartialSlot() {
  absl::MutexLock lock(&mu_);
  --pending_partials_;
}

}  // namespace strobe::server
