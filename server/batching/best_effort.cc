#include "server/batching/best_effort.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace strobe::server {
namespace {

// Samples of one key that are due no later than some moment, and what they need until then.
struct Company {
  int key = 0;
  Nanos due = 0;
  PerStage<int> calls;

  friend bool operator<(const Company& a, const Company& b) {
    return std::pair(a.key, a.due) < std::pair(b.key, b.due);
  }
};

// One for each due time of a key at which somebody may end early, in order.
std::vector<Company> CompaniesOf(const std::vector<Candidate>& candidates) {
  std::vector<Company> companies;
  for (const Candidate& each : candidates) {
    if (each.may_end_early && each.due != kNever) companies.push_back({each.key, each.due});
  }
  std::sort(companies.begin(), companies.end());
  const auto is_same = [](const Company& a, const Company& b) { return !(a < b) && !(b < a); };
  companies.erase(std::unique(companies.begin(), companies.end(), is_same), companies.end());
  return companies;
}

std::vector<Company>::iterator Find(const Candidate& candidate, std::vector<Company>& companies) {
  return std::lower_bound(companies.begin(), companies.end(),
                          Company{candidate.key, candidate.due});
}

void AddUp(const std::vector<Candidate>& candidates, std::vector<Company>& companies) {
  for (const Candidate& each : candidates) {
    const auto company = Find(each, companies);
    if (company == companies.end() || company->key != each.key) continue;
    ++company->calls[each.stage];
    for (const Stage stage : model::kAllStages) company->calls[stage] += each.rest.times(stage);
  }
  for (size_t i = 1; i < companies.size(); ++i) {
    const Company& earlier = companies[i - 1];
    if (earlier.key != companies[i].key) continue;
    for (const Stage stage : model::kAllStages) {
      companies[i].calls[stage] += earlier.calls[stage];
    }
  }
}

}  // namespace

void DecodeInTime(Lineup& lineup, int free_lanes) {
  if (!lineup.has_best_effort()) return;
  std::vector<Company> companies = CompaniesOf(lineup.candidates());
  if (companies.empty()) return;
  AddUp(lineup.candidates(), companies);
  const auto time_of = [&](const Company& company) {
    Nanos time = 0;
    for (const Stage stage : model::kAllStages) {
      const int calls = (company.calls[stage] + free_lanes - 1) / free_lanes;
      if (calls > 0) time += lineup.keys().Together(company.key, calls).mean[stage];
    }
    return time;
  };
  for (Candidate& each : lineup.candidates()) {
    if (!each.may_end_early || each.due == kNever) continue;
    if (time_of(*Find(each, companies)) <= each.due) continue;
    each.stage = each.rest.next();
    each.rest.Advance();
  }
}

}  // namespace strobe::server
