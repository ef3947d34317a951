#include "client/load/load_runner.h"

#include <sys/prctl.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "client/load/load_request.h"

namespace strobe::client {
namespace {

constexpr absl::Duration kLongestWait = absl::Milliseconds(50);
constexpr absl::Duration kProgressEvery = absl::Milliseconds(250);

// A number in [0, 1) that depends on `index` alone: Weyl's sequence of the golden ratio, whose
// values are spread evenly.
double Spread(uint64_t index) {
  return static_cast<double>((index * 0x9e3779b97f4a7c15u) >> 11) * 0x1p-53;
}

absl::Duration RetryDelayOf(const RequestRecord& record) {
  return record.retry_delay > absl::ZeroDuration() ? record.retry_delay : kRetryDelay;
}

}  // namespace

LoadRunner::LoadRunner(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
                       const workload::Workload& workload, const LoadPlan& plan,
                       Canceller& canceller)
    : workload_(workload),
      plan_(plan),
      canceller_(canceller),
      intended_times_(plan_, workload),
      windows_(plan.windows) {
  for (const auto& channel : channels) {
    stubs_.push_back(v1::ImageGenerationService::NewStub(channel));
  }
}

LoadRunner::~LoadRunner() {
  CancelAll();
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &LoadRunner::AllEnded));
}

LoadRun LoadRunner::Run(const OnProgress& on_progress) {
  // By default Linux lets a sleep last 50 us longer than asked for.
  prctl(PR_SET_TIMERSLACK, 1UL);
  {
    absl::MutexLock lock(&mu_);
    free_since_.assign(plan_.concurrency, stopwatch_.Elapsed());
  }
  next_intended_ = intended_times_.Next();
  while (!SendingIsOver()) {
    SendDue();
    SendRetries();
    CancelDue();
    ReportProgress(on_progress, /*draining=*/false);
    WaitForNextEvent();
  }
  const absl::Duration end = stopwatch_.Elapsed();
  Drain(on_progress);
  LoadRun run = Conclude();
  if (plan_.request_count == 0 && run.trials == 0) run.end = end;  // interrupted
  return run;
}

bool LoadRunner::SendingIsOver() {
  if (canceller_.cancelled()) return true;
  if (plan_.request_count > 0) return sent_ == plan_.warmup_requests + plan_.request_count;
  absl::MutexLock lock(&mu_);
  return windows_.Advance(stopwatch_.Elapsed());
}

void LoadRunner::SendDue() {
  if (closed_loop()) {
    std::vector<absl::Duration> free_since;
    {
      absl::MutexLock lock(&mu_);
      free_since.swap(free_since_);
    }
    for (size_t i = 0; i < free_since.size() && !SendingIsOver(); ++i) Send(free_since[i]);
    return;
  }
  while (next_intended_ <= stopwatch_.Elapsed() && !SendingIsOver()) {
    Send(next_intended_);
    next_intended_ = intended_times_.Next();
  }
}

void LoadRunner::Send(absl::Duration intended) {
  RequestRecord record;
  record.index = sent_;
  record.draw = workload_.Draw(plan_.seed, sent_);
  record.warmup = sent_ < plan_.warmup_requests;
  record.intended = intended;
  if (!record.warmup && measured_since_ == absl::InfiniteDuration()) {
    measured_since_ = intended;
    absl::MutexLock lock(&mu_);
    windows_.Start(intended);
  }
  if (record.draw.cancel_after != absl::InfiniteDuration()) {
    cancels_.emplace(stopwatch_.Elapsed() + record.draw.cancel_after, sent_);
  }
  const bool keep = !record.warmup && Spread(sent_) < plan_.kept_share;
  ++sent_;
  Start(std::move(record), keep);
}

void LoadRunner::Start(RequestRecord record, bool keep) {
  const uint64_t index = record.index;
  absl::Duration deadline = workload_.class_of(record.draw).deadline;
  if (record.retries > 0) deadline -= stopwatch_.Elapsed() - record.sent;
  v1::ImageGenerationService::Stub& stub = *stubs_[(index + record.retries) % stubs_.size()];
  LoadCall::Owner& owner = *this;
  auto call = std::make_unique<LoadCall>(stopwatch_, MakeLoadRequest(workload_, record.draw),
                                         std::move(record), keep, owner);
  LoadCall& started = *call;
  {
    absl::MutexLock lock(&mu_);
    in_flight_.emplace(index, std::move(call));
    ++open_calls_;
  }
  started.Start(stub, deadline, plan_.authorization);
}

void LoadRunner::SendRetries() {
  while (true) {
    std::optional<Retry> retry;
    {
      absl::MutexLock lock(&mu_);
      if (retries_.empty() || retries_.top().due > stopwatch_.Elapsed()) return;
      retry = retries_.top();
      retries_.pop();
    }
    ++retry->record.retries;
    retry->record.reason.clear();
    retry->record.message.clear();
    Start(std::move(retry->record), retry->keep);
  }
}

bool LoadRunner::MayRetry(const RequestRecord& record) const {
  const bool begun = record.first_event != absl::InfiniteDuration();
  if (!record.refused() || begun || record.retries + 1 >= plan_.max_attempts) return false;
  const absl::Duration patience =
      std::min(workload_.class_of(record.draw).deadline, record.draw.cancel_after);
  const bool in_time = record.ended + RetryDelayOf(record) < record.sent + patience;
  return in_time && !canceller_.cancelled();
}

void LoadRunner::OnCallEnd(LoadCall& call) {
  std::unique_ptr<LoadCall> owned;
  {
    absl::MutexLock lock(&mu_);
    const auto found = in_flight_.find(call.record().index);
    owned = std::move(found->second);
    in_flight_.erase(found);
    Settle(owned->TakeResult(), owned->keeps_images());
  }
  // A call holds its channel. Only when the call is gone may the runner go: else this thread, which
  // is the channel's own, could be the one to destroy the channel.
  owned.reset();
  absl::MutexLock lock(&mu_);
  --open_calls_;
}

void LoadRunner::Settle(LoadCall::Result result, bool keep) {
  if (MayRetry(result.record)) {
    const absl::Duration due = result.record.ended + RetryDelayOf(result.record);
    retries_.push({due, std::move(result.record), keep});
    return;
  }
  if (closed_loop()) free_since_.push_back(result.record.ended);
  if (result.record.ok() && !result.record.warmup) {
    windows_.AddCompletion(result.record.latency());
  }
  if (!result.record.ok() && !result.record.cancelled_as_planned()) ++failed_;
  records_.push_back(result.record);
  const bool has_room = static_cast<int>(kept_.size()) < plan_.max_kept;
  if (!result.images.empty() && result.record.ok() && has_room) kept_.push_back(std::move(result));
}

void LoadRunner::CancelDue() {
  const absl::Duration now = stopwatch_.Elapsed();
  while (!cancels_.empty() && cancels_.top().first <= now) {
    absl::MutexLock lock(&mu_);
    const auto call = in_flight_.find(cancels_.top().second);
    if (call != in_flight_.end()) call->second->Cancel();
    cancels_.pop();
  }
}

void LoadRunner::CancelAll() {
  absl::MutexLock lock(&mu_);
  for (; !retries_.empty(); retries_.pop()) {
    records_.push_back(retries_.top().record);
    ++failed_;
  }
  for (const auto& [index, call] : in_flight_) call->Cancel();
}

void LoadRunner::WaitForNextEvent() {
  absl::Duration until = stopwatch_.Elapsed() + kLongestWait;
  if (!cancels_.empty()) until = std::min(until, cancels_.top().first);
  if (plan_.max_attempts > 1) {
    absl::MutexLock lock(&mu_);
    if (!retries_.empty()) until = std::min(until, retries_.top().due);
  }
  if (closed_loop()) {
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(this, &LoadRunner::HasFreeCaller),
                         until - stopwatch_.Elapsed());
  } else {
    absl::SleepFor(std::min(until, next_intended_) - stopwatch_.Elapsed());
  }
}

void LoadRunner::Drain(const OnProgress& on_progress) {
  const absl::Duration patience = stopwatch_.Elapsed() + plan_.drain_timeout;
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      const bool due = !cancels_.empty() || !retries_.empty();
      const auto wait = due ? absl::Milliseconds(1) : kLongestWait;
      if (mu_.AwaitWithTimeout(absl::Condition(this, &LoadRunner::AllEnded), wait)) return;
    }
    SendRetries();
    CancelDue();
    if (canceller_.cancelled() || stopwatch_.Elapsed() > patience) CancelAll();
    ReportProgress(on_progress, /*draining=*/true);
  }
}

void LoadRunner::ReportProgress(const OnProgress& on_progress, bool draining) {
  const absl::Duration now = stopwatch_.Elapsed();
  if (now - last_progress_ < kProgressEvery) return;
  last_progress_ = now;
  LoadProgress progress;
  progress.elapsed = now;
  progress.sent = sent_;
  progress.draining = draining;
  {
    absl::MutexLock lock(&mu_);
    progress.ended = records_.size();
    progress.failed = failed_;
    progress.in_flight = static_cast<int>(in_flight_.size());
    progress.trials = windows_.trials();
  }
  on_progress(progress);
}

LoadRun LoadRunner::Conclude() {
  absl::MutexLock lock(&mu_);
  LoadRun run;
  run.plan = plan_;
  run.records = std::move(records_);
  run.kept = std::move(kept_);
  run.interrupted = canceller_.cancelled();
  std::sort(run.records.begin(), run.records.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  if (plan_.request_count > 0) {
    run.begin = std::min(measured_since_, stopwatch_.Elapsed());
    run.end = run.begin;
    for (const RequestRecord& record : run.records) run.end = std::max(run.end, record.ended);
  } else {
    run.trials = windows_.trials();
    run.stable = windows_.stable();
    run.begin = run.trials > 0 ? windows_.begin() : std::min(measured_since_, stopwatch_.Elapsed());
    run.end = windows_.end();
  }
  return run;
}

}  // namespace strobe::client
