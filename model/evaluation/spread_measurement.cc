#include "model/evaluation/spread_measurement.h"

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "model/evaluation/picture_source.h"

namespace strobe::model {
namespace {

constexpr uint64_t kSpreadNoise = 1000000;  // beyond the seeds of the other prompts

}  // namespace

absl::StatusOr<SpreadMeasurement> SpreadMeasurement::Create(const Benchmark* benchmark,
                                                            int num_seeds, uint64_t seed) {
  SpreadMeasurement measurement;
  measurement.benchmark_ = benchmark;
  measurement.num_seeds_ = num_seeds;
  measurement.seed_ = seed;
  for (size_t i = 0; i < benchmark->spread_prompts().size(); ++i) {
    std::vector<SpreadReading> readings;
    for (int picture = 0; picture < num_seeds; ++picture) {
      STROBE_ASSIGN_OR_RETURN(const at::Tensor truth, benchmark->TrueSpreadPicture(i, picture));
      STROBE_ASSIGN_OR_RETURN(SpreadReading reading, benchmark->ReadSpread(truth));
      readings.push_back(std::move(reading));
    }
    measurement.truth_.push_back(VarianceOverSeeds(readings));
  }
  return measurement;
}

absl::Status SpreadMeasurement::Measure(TextToImagePipeline& pipeline, const ComparisonRow& row,
                                        int resamples, const std::atomic<bool>* interrupted,
                                        RowStatistics& statistics) const {
  if (truth_.empty()) return absl::OkStatus();
  std::vector<std::string> texts;
  for (const std::string& prompt : benchmark_->spread_prompts()) {
    texts.insert(texts.end(), static_cast<size_t>(num_seeds_), prompt);
  }
  std::vector<PromptVariance> variances;
  std::vector<SpreadReading> readings;  // of the prompt that is being drawn
  STROBE_RETURN_IF_ERROR(DrawPictures(pipeline, row, texts, seed_ + kSpreadNoise, interrupted,
                                      [&](size_t, const at::Tensor& picture) {
                                        STROBE_ASSIGN_OR_RETURN(SpreadReading reading,
                                                                benchmark_->ReadSpread(picture));
                                        readings.push_back(std::move(reading));
                                        if (readings.size() < static_cast<size_t>(num_seeds_))
                                          return absl::OkStatus();
                                        variances.push_back(VarianceOverSeeds(readings));
                                        readings.clear();
                                        return absl::OkStatus();
                                      }));
  const std::vector<StatisticTitle>& spreads = benchmark_->facts().spreads;
  for (size_t i = 0; i < spreads.size(); ++i) {
    statistics[spreads[i].statistic] = SpreadRatio(variances, truth_, i, seed_, resamples);
  }
  return absl::OkStatus();
}

}  // namespace strobe::model
