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
  int encodes = 0;
  int steps = 0;
  int decodes = 0;

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
    company->encodes += each.stage == Stage::kEncodePrompt;
    company->steps += each.steps_after + (each.stage == Stage::kDenoise);
    ++company->decodes;
  }
  for (size_t i = 1; i < companies.size(); ++i) {
    const Company& earlier = companies[i - 1];
    if (earlier.key != companies[i].key) continue;
    companies[i].encodes += earlier.encodes;
    companies[i].steps += earlier.steps;
    companies[i].decodes += earlier.decodes;
  }
}

}  // namespace

void DecodeInTime(Lineup& lineup, int free_lanes) {
  std::vector<Company> companies = CompaniesOf(lineup.candidates());
  if (companies.empty()) return;
  AddUp(lineup.candidates(), companies);
  const auto mean = [&](int key, int count) -> const StageTimes& {
    return lineup.keys().Together(key, (count + free_lanes - 1) / free_lanes).mean;
  };
  for (Candidate& each : lineup.candidates()) {
    if (!each.may_end_early || each.due == kNever) continue;
    const Company& company = *Find(each, companies);
    const Nanos with_step = mean(each.key, company.encodes).encode +
                            mean(each.key, company.steps).denoise +
                            mean(each.key, company.decodes).decode;
    if (with_step <= each.due) continue;
    each.stage = Stage::kDecode;
    each.decodes_after = false;
    each.steps_after = 0;
  }
}

}  // namespace strobe::server
