#include "server/requests/request_metrics.h"

#include "server/observability/metric_builders.h"

namespace strobe::server {
namespace {

constexpr char kOther[] = "other";

}  // namespace

RequestMetrics::RequestMetrics(prometheus::Registry& registry)
    : started_total(AddCounter(registry, "strobe_requests_started_total",
                               "Requests that arrived; the sum of all outcomes and in flight.")),
      in_flight(AddGauge(registry, "strobe_inflight_requests",
                         "Requests that have arrived and have not ended.")),
      duration_seconds(AddHistogram(registry, "strobe_request_duration_seconds",
                                    "Time from arrival to end of a request.", LatencyBuckets())),
      time_to_first_image_seconds(AddHistogram(registry, "strobe_time_to_first_image_seconds",
                                               "Time from arrival to the first final image.",
                                               LatencyBuckets())),
      images_total(AddCounter(registry, "strobe_images_total", "Final images delivered.")) {
  const auto add = [&](Outcome outcome, const std::string& reason) {
    ended_[{outcome, reason}] =
        &AddCounter(registry, "strobe_requests_total", "Requests that ended, by outcome.",
                    {{"outcome", std::string(OutcomeName(outcome))}, {"reason", reason}});
  };
  for (const Outcome outcome : kAllOutcomes) {
    for (const Reason reason : KnownReasons(outcome)) add(outcome, std::string(ReasonName(reason)));
    add(outcome, kOther);
  }
}

void RequestMetrics::CountEnd(Outcome outcome, Reason reason) {
  const auto found = ended_.find({outcome, std::string(ReasonName(reason))});
  (found != ended_.end() ? found->second : ended_.at({outcome, kOther}))->Increment();
}

}  // namespace strobe::server
