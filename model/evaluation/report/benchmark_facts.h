// How the report speaks of a benchmark.

#ifndef STROBE_MODEL_EVALUATION_REPORT_BENCHMARK_FACTS_H_
#define STROBE_MODEL_EVALUATION_REPORT_BENCHMARK_FACTS_H_

#include <string>
#include <vector>

namespace strobe::model {

// A statistic of RowStatistics and the title of its column.
struct StatisticTitle {
  std::string statistic;
  std::string title;
};

struct BenchmarkFacts {
  std::string title;       // "open prompts"
  std::string subject;     // "Domain rich, 1000 prompts, seed 9"
  std::string judge;       // what reads attributes: "a detector reads off the pixels"
  std::string spread;      // "in that of ...": what a spread of 1 is
  std::string notes;       // lines of a list on further columns
  int num_references = 0;  // true pictures behind the distances
  std::vector<StatisticTitle> attributes;  // shares of right answers
  std::vector<StatisticTitle> spreads;     // in the truth's
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REPORT_BENCHMARK_FACTS_H_
