#include "workload/rate_search.h"

#include <functional>
#include <optional>
#include <vector>

#include "gtest/gtest.h"

namespace strobe::workload {
namespace {

struct Outcome {
  std::optional<double> result;
  std::vector<double> tried;
};

// A hundred tries are more than any of these searches needs.
Outcome Search(RateSearch search, const std::function<bool(double load, int nth_try)>& passes) {
  Outcome outcome;
  while (search.Next().has_value() && outcome.tried.size() < 100) {
    const double load = *search.Next();
    outcome.tried.push_back(load);
    search.Report(passes(load, static_cast<int>(outcome.tried.size())));
  }
  outcome.result = search.result();
  return outcome;
}

std::function<bool(double, int)> Below(double limit) {
  return [limit](double load, int) { return load <= limit; };
}

TEST(RateSearchTest, FindsTheHighestLoadOfTheGridThatPasses) {
  for (const double limit : {10.0, 14.0, 37.5, 59.9, 99.0}) {
    const auto found = Search({10, 100, 5, 0}, Below(limit));
    ASSERT_TRUE(found.result.has_value()) << limit;
    EXPECT_LE(*found.result, limit);
    EXPECT_GT(*found.result + 5, limit);
    EXPECT_LE(found.tried.size(), 8u) << "bisection, not a ladder";
  }
}

TEST(RateSearchTest, GivesUpAtOnceWhenTheLowEndFails) {
  const auto found = Search({10, 100, 5, 3}, Below(9));
  EXPECT_FALSE(found.result.has_value());
  EXPECT_EQ(found.tried, std::vector<double>{10});
}

TEST(RateSearchTest, TheHighEndIsTheResultWhenItPasses) {
  const auto found = Search({10, 103, 5, 2}, Below(1000));
  EXPECT_EQ(found.result, 103);
  EXPECT_EQ(found.tried, (std::vector<double>{10, 103, 103, 103}));
}

TEST(RateSearchTest, ConfirmsWhatItFound) {
  const auto found = Search({1, 9, 1, 3}, Below(5));
  EXPECT_EQ(found.result, 5);
  const std::vector<double> last(found.tried.end() - 3, found.tried.end());
  EXPECT_EQ(last, (std::vector<double>{5, 5, 5}));
}

TEST(RateSearchTest, AFailedConfirmationSendsTheSearchBelow) {
  // 8 passes by luck, once.
  const auto found = Search({1, 9, 1, 2}, [seen = 0](double load, int) mutable {
    return load <= 5 || (load == 8 && seen++ == 0) || load == 7.5;
  });
  EXPECT_EQ(found.result, 5);
}

TEST(RateSearchTest, NothingIsFoundWhenEvenTheLowEndPassedByLuck) {
  const auto found = Search({1, 2, 1, 1}, [](double, int nth) { return nth == 1; });
  EXPECT_FALSE(found.result.has_value());
}

TEST(RateSearchTest, ASingleLoadIsTriedAndConfirmed) {
  const auto found = Search({5, 5, 1, 1}, Below(5));
  EXPECT_EQ(found.result, 5);
  EXPECT_EQ(found.tried, (std::vector<double>{5, 5}));
}

}  // namespace
}  // namespace strobe::workload
