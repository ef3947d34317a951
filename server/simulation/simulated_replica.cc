#include "server/simulation/simulated_replica.h"

#include <algorithm>

#include "server/batching/expected_wait.h"
#include "server/batching/step_choice.h"

namespace strobe::server {

SimulatedReplica::SimulatedReplica(const ReplicaOptions& options, const CostFile& measured,
                                   Metrics& metrics, OnEnd on_end)
    : options_(options),
      models_(measured.models),
      costs_(measured.costs),
      on_end_(std::move(on_end)),
      admission_(options.admission, clock_, metrics, [this](const AdmissionRequest& request) {
        return Forecast(request, Load(), Wait(request), costs_, options_.policy.max_batch_size);
      }) {
  admission_.SetState(AdmissionController::State::kServing);
  lanes_.resize(static_cast<size_t>(options.devices) * options.lanes);
  for (size_t i = 0; i < lanes_.size(); ++i) lanes_[i].device = static_cast<int>(i) / options.lanes;
}

void SimulatedReplica::Arrive(const SimulatedRequest& request) {
  AdvanceTo(request.admission.arrival);
  auto ticket = admission_.Admit(request.admission);
  if (!ticket.ok()) {
    const bool shed = ticket.status().code() == absl::StatusCode::kResourceExhausted;
    on_end_({request.number, shed ? SimulatedOutcome::kShed : SimulatedOutcome::kInfeasible,
             absl::ZeroDuration(), 0});
    return;
  }
  Enqueue(request, *std::move(ticket));
  Dispatch();
}

void SimulatedReplica::Finish() { AdvanceTo(absl::InfiniteFuture()); }

void SimulatedReplica::AdvanceTo(absl::Time time) {
  while (true) {
    const auto first = std::min_element(
        lanes_.begin(), lanes_.end(), [](const auto& a, const auto& b) { return a.ends < b.ends; });
    if (first->ends > time || first->ends == absl::InfiniteFuture()) break;
    clock_.now = first->ends;
    Settle(*first);
    Dispatch();
  }
  if (time != absl::InfiniteFuture()) clock_.now = std::max(clock_.now, time);
}

BatcherLoad SimulatedReplica::Load() const {
  return {static_cast<int>(waiting_.size()), running_, work_ / static_cast<int64_t>(lanes_.size())};
}

absl::Duration SimulatedReplica::Wait(const AdmissionRequest& request) {
  WaitingSample newcomer = AsWaiting(request);
  SharesOfKey(newcomer.key);
  FillInService(newcomer);
  RefreshView();
  absl::Duration rest;
  std::vector<WaitingSample> running;
  for (const Lane& lane : lanes_) {
    if (lane.ends == absl::InfiniteFuture()) continue;
    rest += lane.ends - clock_.now;
    for (WaitingSample sample : lane.members) {
      FillInService(sample);
      if (strobe::server::Advance(lane.batch.stage, sample)) running.push_back(sample);
    }
  }
  return PredictWait(newcomer, request.num_samples, {waiting_, running},
                     {static_cast<double>(lanes_.size()), rest}, costs_.of(0), clock_.now,
                     options_.policy);
}

void SimulatedReplica::RefreshView() {
  for (size_t i = 0; i < waiting_.size(); ++i) {
    FillInService(waiting_[i]);
    waiting_[i].siblings = requests_[owners_[i]].samples_left;
  }
}

void SimulatedReplica::FillInService(WaitingSample& sample) const {
  if (shares_.size() > 1) sample.key_service = keys_.Service(sample.key);
}

void SimulatedReplica::Enqueue(const SimulatedRequest& request,
                               AdmissionController::Ticket ticket) {
  int place = static_cast<int>(requests_.size());
  if (free_places_.empty()) {
    requests_.emplace_back();
  } else {
    place = free_places_.back();
    free_places_.pop_back();
  }
  Request& admitted = requests_[place];
  admitted = Request();
  admitted.request = request;
  admitted.ticket = std::move(ticket);
  admitted.samples_left = request.admission.num_samples;
  cancellable_ += request.cancelled_at != absl::InfiniteFuture();
  WaitingSample sample;
  sample.key = request.admission.key;
  sample.plan = StagePlan(request.admission.stages, request.admission.denoise_steps);
  sample.least_steps_left = request.min_denoise_steps;
  sample.priority = request.priority;
  sample.deadline_policy =
      request.best_effort ? DeadlinePolicy::kBestEffort : DeadlinePolicy::kFail;
  sample.arrival = request.admission.arrival;
  sample.due = admitted.ticket.deadline();
  work_ += WorkOf(sample) * request.admission.num_samples;
  for (int i = 0; i < request.admission.num_samples; ++i) keys_.Enter(sample.key);
  waiting_.insert(waiting_.end(), request.admission.num_samples, sample);
  owners_.insert(owners_.end(), request.admission.num_samples, place);
}

void SimulatedReplica::Dispatch() {
  for (Lane& lane : lanes_) {
    if (waiting_.empty()) return;
    if (lane.ends != absl::InfiniteFuture()) continue;
    while (!waiting_.empty() && Dispatch(lane) && lane.ends == absl::InfiniteFuture()) {
    }
  }
}

bool SimulatedReplica::Dispatch(Lane& lane) {
  if (cancellable_ > 0) DropEnded();
  PolicyLane asking;
  asking.device = lane.device;
  asking.free_lanes = asking.free_lanes_of_device = 0;
  asking.lanes = static_cast<int>(lanes_.size());
  for (const Lane& each : lanes_) {
    const bool free = each.ends == absl::InfiniteFuture();
    asking.free_lanes += free;
    asking.free_lanes_of_device += free && each.device == lane.device;
  }
  RefreshView();
  PolicyDecision decision =
      ChooseBatch(waiting_, costs_.of(lane.device), clock_.now, options_.policy, asking);
  for (const int index : decision.late) {
    End(requests_[owners_[index]], SimulatedOutcome::kExpired);
  }
  if (!decision.late.empty()) {
    DropEnded();
    return true;
  }
  if (!decision.batch.has_value()) return false;
  Start(*std::move(decision.batch), lane);
  return true;
}

void SimulatedReplica::DropEnded() {
  size_t kept = 0;
  for (size_t i = 0; i < waiting_.size(); ++i) {
    Request& request = requests_[owners_[i]];
    EndIfDue(request);
    if (request.ended) {
      Retire(waiting_[i], owners_[i]);
      continue;
    }
    waiting_[kept] = waiting_[i];
    owners_[kept++] = owners_[i];
  }
  waiting_.resize(kept);
  owners_.resize(kept);
}

void SimulatedReplica::Start(PolicyBatch batch, Lane& lane) {
  TakeMembers(batch, lane);
  Begin(lane);
  const int size = static_cast<int>(lane.members.size());
  const absl::Duration duration = costs_.of(lane.device).Predict(batch.stage, batch.key, size);
  usage_.busy += duration;
  ++usage_.batches[batch.stage];
  usage_.samples[batch.stage] += size;
  running_ += size;
  lane.duration = duration;
  lane.ends = clock_.now + duration;
  lane.batch = std::move(batch);
}

void SimulatedReplica::TakeMembers(const PolicyBatch& batch, Lane& lane) {
  lane.members.clear();
  lane.owners.clear();
  for (const int index : batch.members) {
    lane.members.push_back(waiting_[index]);
    lane.owners.push_back(owners_[index]);
    owners_[index] = -1;
  }
  size_t kept = 0;
  for (size_t i = 0; i < waiting_.size(); ++i) {
    if (owners_[i] < 0) continue;
    waiting_[kept] = waiting_[i];
    owners_[kept++] = owners_[i];
  }
  waiting_.resize(kept);
  owners_.resize(kept);
}

void SimulatedReplica::Begin(Lane& lane) {
  for (const WaitingSample& sample : lane.members) work_ -= WorkOf(sample);
  for (WaitingSample& sample : lane.members) {
    if (sample.device == kNoDevice && sample.least_steps_left < sample.plan.steps_left()) {
      StepBudget budget;
      budget.min_steps = sample.least_steps_left;
      budget.max_steps = sample.plan.steps_left();
      budget.predicted_work = work_ / static_cast<int64_t>(lanes_.size());
      budget.batch_size = static_cast<int>(lane.members.size());
      budget.max_batch_size = options_.policy.max_batch_size;
      budget.time_left = sample.due.time() - clock_.now;
      sample.plan.SetSteps(ChooseSteps(budget, models_[sample.key.model_index].num_inference_steps,
                                       sample.key, costs_.of(lane.device)));
    }
    sample.least_steps_left = sample.plan.steps_left();
    sample.device = lane.device;
    work_ += WorkOf(sample);
  }
}

void SimulatedReplica::Settle(Lane& lane) {
  lane.ends = absl::InfiniteFuture();
  running_ -= static_cast<int>(lane.members.size());
  for (size_t i = 0; i < lane.members.size(); ++i) {
    WaitingSample& sample = lane.members[i];
    Request& request = requests_[lane.owners[i]];
    const absl::Duration share = lane.duration / static_cast<int64_t>(lane.members.size());
    request.device_time += share;
    keys_.Charge(sample.key, share);
    EndIfDue(request);
    const absl::Duration work_before = WorkOf(sample);
    if (!request.ended && Advance(lane.batch, sample, request)) {
      work_ -= work_before - WorkOf(sample);
      waiting_.push_back(sample);
      owners_.push_back(lane.owners[i]);
    } else {
      Retire(sample, lane.owners[i]);
    }
  }
}

bool SimulatedReplica::Advance(const PolicyBatch& batch, WaitingSample& sample, Request& request) {
  request.denoise_steps += TraitsOf(batch.stage).repeats;
  if (strobe::server::Advance(batch.stage, sample)) return true;
  // The last one of the request ends it well; before it is retired, for its places.
  if (request.samples_left == 1) End(request, SimulatedOutcome::kOk);
  return false;
}

void SimulatedReplica::EndIfDue(Request& request) {
  if (request.ended) return;
  if (request.request.cancelled_at <= clock_.now) {
    End(request, SimulatedOutcome::kCancelled);
  } else if (request.ticket.deadline() <= clock_.now) {
    End(request, SimulatedOutcome::kExpired);
  }
}

void SimulatedReplica::End(Request& request, SimulatedOutcome outcome) {
  if (request.ended) return;
  request.ended = true;
  cancellable_ -= request.request.cancelled_at != absl::InfiniteFuture();
  request.wasted = outcome != SimulatedOutcome::kOk;
  on_end_({request.request.number, outcome, clock_.now - request.request.admission.arrival,
           request.denoise_steps});
}

void SimulatedReplica::Retire(const WaitingSample& sample, int owner) {
  work_ -= WorkOf(sample);
  keys_.Leave(sample.key);
  Request& request = requests_[owner];
  if (--request.samples_left > 0) return;
  if (request.wasted) usage_.wasted += request.device_time;
  request.ticket = AdmissionController::Ticket();
  free_places_.push_back(owner);
}

absl::Duration SimulatedReplica::WorkOf(const WaitingSample& sample) {
  return sample.plan.Total(SharesOfKey(sample.key));
}

const StageShares& SimulatedReplica::SharesOfKey(const BatchKey& key) {
  for (const auto& [known, shares] : shares_) {
    if (known == key) return shares;
  }
  return shares_.emplace_back(key, SharesOf(key, costs_.of(0))).second;
}

}  // namespace strobe::server
