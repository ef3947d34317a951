#include "client/load/load_summary.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/call_error.h"

namespace strobe::client {
namespace {

constexpr double kMaxLagOverMedian = 0.01;

double Seconds(absl::Duration duration) { return absl::ToDoubleSeconds(duration); }

void Sort(LatencySummary& summary) {
  std::sort(summary.sorted.begin(), summary.sorted.end());
  summary.mean = workload::Mean(summary.sorted);
}

void Count(const RequestRecord& record, absl::Duration objective, GroupSummary& group) {
  ++group.requests;
  switch (record.code) {
    case grpc::StatusCode::OK:
      ++group.ok;
      if (record.latency() <= objective) ++group.good;
      group.latency.sorted.push_back(Seconds(record.latency()));
      break;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::UNAVAILABLE:
      ++group.shed;
      break;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      ++group.deadline_missed;
      break;
    default:
      ++(record.cancelled_as_planned() ? group.cancelled : group.failed);
  }
}

// Adds one record after the other; the rates are those of what falls between begin and end.
class Summarizer {
 public:
  Summarizer(const LoadRun& run, const workload::Workload& workload)
      : run_(run), workload_(workload) {
    summary_.kind = run.plan.kind;
    summary_.load = run.plan.kind == LoadKind::kConcurrency ? run.plan.concurrency
                    : run.plan.kind == LoadKind::kRate      ? run.plan.arrivals.rate
                                                            : 0;
    summary_.duration = std::max(0.0, Seconds(run.end - run.begin));
    summary_.trials = run.trials;
    summary_.stable = run.stable;
    summary_.interrupted = run.interrupted;
    for (const auto& each : workload.classes()) {
      summary_.classes.emplace_back();
      summary_.classes.back().name = each.name;
    }
    for (const char* stage : {"queue", "text", "denoise", "decode", "encode", "send", "rest"}) {
      summary_.stages.emplace_back(stage, LatencySummary());
    }
  }

  LoadSummary Summarize(double percentile) {
    for (const RequestRecord& record : run_.records) {
      AddRates(record);
      const bool counts = run_.Counts(record);
      if (counts) Add(record);
      if (!counts && record.intended < run_.begin) ++summary_.warmup_requests;
      summary_.drain_seconds = std::max(summary_.drain_seconds, Seconds(record.ended - run_.end));
    }
    Finish(percentile);
    return std::move(summary_);
  }

 private:
  bool Inside(absl::Duration time) const { return time >= run_.begin && time <= run_.end; }

  void AddRates(const RequestRecord& record) {
    if (record.warmup) return;
    if (Inside(record.sent)) ++summary_.sent_rate;
    if (record.ok() && Inside(record.ended)) {
      ++summary_.completed_rate;
      if (record.latency() <= workload_.class_of(record.draw).objective()) ++summary_.goodput;
      summary_.image_rate += record.images;
      summary_.step_rate += record.steps_done;
      summary_.byte_rate += static_cast<double>(record.bytes);
    }
    const absl::Duration from = std::max(record.sent, run_.begin);
    const absl::Duration to = std::min(record.ended, run_.end);
    if (to <= from) return;
    summary_.in_flight_mean += Seconds(to - from);
    in_flight_changes_.emplace_back(from, 1);
    in_flight_changes_.emplace_back(to, -1);
  }

  void Add(const RequestRecord& record) {
    const absl::Duration objective = workload_.class_of(record.draw).objective();
    Count(record, objective, summary_.all);
    Count(record, objective, summary_.classes[record.draw.class_index]);
    const auto [group, is_new] = step_counts_.try_emplace(record.draw.steps);
    if (is_new) {
      group->second.name = record.draw.steps == 0 ? "default" : absl::StrCat(record.draw.steps);
    }
    Count(record, objective, group->second);

    const std::string code = StatusCodeName(record.code);
    ++summary_.status_codes[code];
    if (!record.ok() && !record.cancelled_as_planned()) {
      summary_.first_errors.try_emplace(
          code, WithoutControlCharacters(record.reason.empty()
                                             ? record.message
                                             : absl::StrCat(record.reason, ": ", record.message)));
    }
    summary_.retries += record.retries;
    summary_.wrong_size_images += record.wrong_size_images;
    summary_.corrupt_images += record.corrupt_images;
    summary_.ended_early += record.ended_early;
    summary_.send_lag.sorted.push_back(Seconds(record.send_lag()));
    AddTimes(record);
    if (record.ok()) AddServerSide(record);
  }

  void AddTimes(const RequestRecord& record) {
    const auto add = [&](absl::Duration time, LatencySummary& times) {
      if (time != absl::InfiniteDuration()) times.sorted.push_back(Seconds(time - record.intended));
    };
    add(record.first_event, summary_.first_event);
    if (!record.ok()) return;
    add(record.first_image, summary_.first_image);
    add(record.first_partial, summary_.first_partial);
    if (record.partial_images > 1) {
      summary_.partial_gap.sorted.push_back(Seconds(record.last_partial - record.first_partial) /
                                            (record.partial_images - 1));
    }
    if (summary_.steps.size() < record.steps.size()) summary_.steps.resize(record.steps.size());
    for (size_t i = 0; i < record.steps.size(); ++i) add(record.steps[i], summary_.steps[i]);
    summary_.latency_from_send.sorted.push_back(Seconds(record.latency_from_send()));
    if (record.first_partial != absl::InfiniteDuration()) {
      summary_.partial_lead += Seconds(record.first_image - record.first_partial) /
                               Seconds(record.first_image - record.intended);
    }
  }

  void AddServerSide(const RequestRecord& record) {
    const ServerSplit& split = record.split;
    const absl::Duration on_server = std::max(split.sum(), split.total);
    const absl::Duration rest =
        std::max(absl::ZeroDuration(), record.latency_from_send() - on_server);
    const absl::Duration times[] = {split.queue,  split.text,   split.denoise,
                                    split.decode, split.encode, on_server - split.sum(),
                                    rest};
    for (size_t i = 0; i < summary_.stages.size(); ++i) {
      summary_.stages[i].second.sorted.push_back(Seconds(times[i]));
    }
    const auto count = [&](const char* stage, const std::vector<int>& sizes) {
      for (const int size : sizes) summary_.batches[stage].batches[size] += 1.0 / size;
    };
    count("text", record.batches.text);
    count("denoise", record.batches.denoise);
    count("decode", record.batches.decode);
  }

  void Finish(double percentile) {
    for (LatencySummary* times :
         {&summary_.all.latency, &summary_.send_lag, &summary_.latency_from_send,
          &summary_.first_event, &summary_.first_image, &summary_.first_partial,
          &summary_.partial_gap}) {
      Sort(*times);
    }
    for (auto& times : summary_.steps) Sort(times);
    for (auto& [stage, times] : summary_.stages) Sort(times);
    std::vector<double> attainments;
    for (auto& group : summary_.classes) {
      Sort(group.latency);
      if (group.requests > group.cancelled) attainments.push_back(group.attainment());
    }
    summary_.fairness = workload::JainIndex(attainments);
    for (auto& [steps, group] : step_counts_) {
      Sort(group.latency);
      summary_.step_counts.push_back(std::move(group));
    }
    if (!summary_.first_partial.empty()) {
      summary_.partial_lead /= static_cast<double>(summary_.first_partial.sorted.size());
    }
    FinishRates();
    FinishThreshold(percentile);
  }

  void FinishRates() {
    summary_.offered_rate = static_cast<double>(summary_.all.requests);
    for (double* rate : {&summary_.offered_rate, &summary_.sent_rate, &summary_.completed_rate,
                         &summary_.goodput, &summary_.image_rate, &summary_.step_rate,
                         &summary_.byte_rate, &summary_.in_flight_mean}) {
      *rate = summary_.duration > 0 ? *rate / summary_.duration : 0;
    }
    std::sort(in_flight_changes_.begin(), in_flight_changes_.end());
    int in_flight = 0;
    for (const auto& [time, change] : in_flight_changes_) {
      summary_.in_flight_max = std::max(summary_.in_flight_max, in_flight += change);
    }
  }

  void FinishThreshold(double percentile) {
    const GroupSummary& all = summary_.all;
    const uint64_t counted = all.requests - all.cancelled;
    std::vector<double> latencies = all.latency.sorted;
    latencies.resize(counted, std::numeric_limits<double>::infinity());
    if (counted > 0) {
      summary_.threshold_latency = workload::ValueAt(latencies, percentile / 100);
      summary_.error_share = static_cast<double>(counted - all.ok) / static_cast<double>(counted);
    }
    const bool scheduled = summary_.kind == LoadKind::kRate || summary_.kind == LoadKind::kTrace;
    summary_.is_void = scheduled && !all.latency.empty() &&
                       summary_.send_lag.at(0.99) > kMaxLagOverMedian * all.latency.at(0.5);
  }

  const LoadRun& run_;
  const workload::Workload& workload_;
  LoadSummary summary_;
  std::map<int, GroupSummary> step_counts_;
  std::vector<std::pair<absl::Duration, int>> in_flight_changes_;
};

}  // namespace

double BatchHistogram::mean() const {
  double count = 0;
  double samples = 0;
  for (const auto& [size, number] : batches) {
    count += number;
    samples += number * size;
  }
  return count > 0 ? samples / count : 0;
}

LoadSummary Summarize(const LoadRun& run, const workload::Workload& workload, double percentile) {
  return Summarizer(run, workload).Summarize(percentile);
}

}  // namespace strobe::client
