// The ways in which a benchmark is told: JSON, CSV, text and HTML.

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "client/load/html_report.h"
#include "client/load/report_lines.h"
#include "client/load/requests_csv.h"
#include "client/load/summary_json.h"
#include "client/load/summary_text.h"
#include "client/load/svg_plot.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const workload::Workload& TheWorkload() {
  static const workload::Workload workload{{workload::RequestClass()}};
  return workload;
}

// `count` requests of 10 ms, 11 ms and so on, and one that failed with "<full>".
LoadRun MakeRun(double rate, int count) {
  LoadRun run;
  run.plan.kind = LoadKind::kRate;
  run.plan.arrivals.rate = rate;
  run.end = absl::Seconds(1);
  for (int i = 0; i <= count; ++i) {
    RequestRecord record;
    record.index = i;
    record.intended = record.sent = absl::Milliseconds(i);
    record.ended = record.intended + absl::Milliseconds(10 + i);
    record.first_event = record.first_image = record.ended;
    record.code = grpc::StatusCode::OK;
    record.images = 1;
    record.batches.denoise = {4, 4};
    record.split.denoise = absl::Milliseconds(5);
    run.records.push_back(record);
  }
  run.records.back().code = grpc::StatusCode::RESOURCE_EXHAUSTED;
  run.records.back().reason = "QUEUE_FULL";
  run.records.back().message = "<full>, \"really\"";
  return run;
}

LevelResult MakeLevel(double rate, int runs) {
  LevelResult level;
  level.kind = LoadKind::kRate;
  level.load = rate;
  for (int i = 0; i < runs; ++i) {
    level.runs.push_back(Summarize(MakeRun(rate, 20 + i), TheWorkload(), 99));
  }
  level.timeline = MakeTimeline(MakeRun(rate, 20), 100);
  return level;
}

BenchReport MakeReport(std::vector<LevelResult> levels) {
  BenchReport report;
  report.provenance.command = "strobe-client bench --prompt '<b>'";
  report.levels = std::move(levels);
  return report;
}

// 10 denoising batches of 60 samples.
ServerUsage MakeUsage() {
  ServerUsage usage;
  usage.batches["denoise"] = {{{4, 3}, {8, 7}}, 10, 60, 60, 20};
  usage.joins = 5;
  usage.mixed_step_batches = 4;
  return usage;
}

TEST(SummaryJsonTest, HasEveryLevelAndRunUnderAVersion) {
  const auto json =
      nlohmann::json::parse(SummaryAsJson(MakeReport({MakeLevel(20, 3), MakeLevel(30, 1)})));
  EXPECT_EQ(json.at("schema_version"), kSummarySchemaVersion);
  ASSERT_EQ(json.at("levels").size(), 2u);
  const auto& level = json.at("levels").at(0);
  EXPECT_EQ(level.at("load"), 20);
  ASSERT_EQ(level.at("runs").size(), 3u);
  const auto& run = level.at("runs").at(0);
  EXPECT_EQ(run.at("all").at("requests"), 21);
  EXPECT_EQ(run.at("completed_per_second"), 20);
  EXPECT_DOUBLE_EQ(run.at("latency").at("p50_seconds"), 0.019);
  EXPECT_TRUE(run.at("latency").at("p99_interval_seconds").is_null()) << "n is too small";
  EXPECT_TRUE(run.at("threshold_latency_seconds").is_null()) << "infinite: a request failed";
  EXPECT_EQ(run.at("status_codes").at("RESOURCE_EXHAUSTED"), 1);
  EXPECT_EQ(run.at("batches").at("denoise").at("mean"), 4);
  EXPECT_DOUBLE_EQ(level.at("over_runs").at("throughput").at("mean"), 21);
  EXPECT_TRUE(json.at("compared_levels").is_null());
}

TEST(SummaryJsonTest, SaysHowTheServerBatchedAndWhatItIs) {
  BenchReport report = MakeReport({MakeLevel(20, 1)});
  report.levels[0].usage = MakeUsage();
  report.provenance.servers = {
      {"host:1", {{"model tiny", {{"weights", "00ff"}}}}, {"tiny (StableDiffusionPipeline)"}}};
  const auto json = nlohmann::json::parse(SummaryAsJson(report));
  const auto& process = json.at("levels").at(0).at("server_process");
  EXPECT_EQ(process.at("batches").at("denoise").at("mean"), 6);
  EXPECT_EQ(process.at("batches").at("denoise").at("padding_share"), 0.25);
  EXPECT_EQ(process.at("batches").at("denoise").at("batches").at("8"), 7);
  EXPECT_EQ(process.at("joins_per_step"), 0.5);
  const auto& server = json.at("provenance").at("servers").at(0);
  EXPECT_EQ(server.at("facts").at("model tiny").at("weights"), "00ff");
}

TEST(ComparisonTest, FiguresAreRatiosOfPairsOfRuns) {
  // 40 and 42 requests a second over 20 and 21.
  LevelResult other = MakeLevel(20, 2);
  LevelResult base = MakeLevel(20, 2);
  for (int i = 0; i < 2; ++i) {
    other.runs[i] = Summarize(MakeRun(20, 2 * (20 + i)), TheWorkload(), 99);
  }
  const NamedFigures ratios = RatioFigures(other, base);
  EXPECT_EQ(ratios[0].first, "throughput");
  EXPECT_EQ(ratios[0].second.runs, 2u);
  EXPECT_DOUBLE_EQ(ratios[0].second.mean, 2);
  EXPECT_NEAR(ratios[0].second.interval->low, 2, 1e-9);
  base.runs[1].completed_rate = 0;
  EXPECT_EQ(RatioFigures(other, base)[0].second.runs, 0u) << "no ratio to nothing";
}

TEST(ComparisonTest, IsToldInTextJsonAndHtml) {
  BenchReport report = MakeReport({MakeLevel(20, 2)});
  EXPECT_EQ(ComparisonAsText(report), "");
  report.compared = {MakeLevel(20, 2)};
  EXPECT_THAT(ComparisonAsText(report), HasSubstr("2 pairs of runs"));
  EXPECT_THAT(ComparisonAsText(report), HasSubstr("throughput             1, 95 % in [1, 1]"));
  const auto json = nlohmann::json::parse(SummaryAsJson(report));
  EXPECT_EQ(json.at("compared_levels").at(0).at("ratios").at("throughput").at("mean"), 1);
  EXPECT_THAT(HtmlReport(report), HasSubstr("second over first"));
  report.compared[0].runs[0].is_void = true;
  EXPECT_TRUE(report.is_void());
}

TEST(RequestsCsvTest, EveryLineHasAllColumnsAndTextsAreQuoted) {
  std::ostringstream out;
  WriteCsvHeader(out);
  WriteCsv(MakeRun(20, 2), TheWorkload(), {"host:1", 20, 1}, out);
  const std::vector<std::string> lines = absl::StrSplit(out.str(), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4u);
  const auto columns = std::vector<std::string>(absl::StrSplit(lines[0], ','));
  for (const std::string& line : lines) {
    EXPECT_EQ(std::vector<std::string>(absl::StrSplit(line, ',')).size(), columns.size());
  }
  EXPECT_THAT(lines[1], HasSubstr("host:1,20,1,0,1,default,"));
  EXPECT_THAT(lines[2], HasSubstr(",0.012000,0.011000,OK,"));
  EXPECT_THAT(lines[3], HasSubstr("RESOURCE_EXHAUSTED,QUEUE_FULL"));
}

TEST(SummaryTextTest, TimesAreShort) {
  EXPECT_EQ(FormatSeconds(0.00064), "640 us");
  EXPECT_EQ(FormatSeconds(0.0832), "83.2 ms");
  EXPECT_EQ(FormatSeconds(0.832), "832 ms");
  EXPECT_EQ(FormatSeconds(1.25), "1.25 s");
  EXPECT_EQ(FormatSeconds(INFINITY), "-");
  EXPECT_EQ(FormatQuantile({}, 0.5), "-");
  EXPECT_EQ(FormatQuantile({{0.001, 0.002}, 0.0015}, 0.5), "1.0 ms");
}

TEST(SummaryTextTest, SaysWhatIsTooSmallAndWhatFailed) {
  const std::string text = LevelAsText(MakeLevel(20, 2), 99);
  EXPECT_THAT(text, HasSubstr("20 requests/s\n"));
  EXPECT_THAT(text, HasSubstr("n is too small"));
  EXPECT_THAT(text, HasSubstr("RESOURCE_EXHAUSTED: QUEUE_FULL: <full>"));
  EXPECT_THAT(text, HasSubstr("2 runs"));
  EXPECT_THAT(text, Not(HasSubstr("VOID")));
}

TEST(SummaryTextTest, SaysHowTheServerBatched) {
  LevelResult level = MakeLevel(20, 1);
  level.usage = MakeUsage();
  const std::string text = LevelAsText(level, 99);
  EXPECT_THAT(text, HasSubstr("10 batches, mean 6.00 (4: 3, 8: 7), 25.00 % of the rows padding"));
  EXPECT_THAT(text, HasSubstr("40.00 % of the batches mix step indices, 0.500 joins a step"));
}

TEST(HtmlReportTest, IsOnePageWithItsPlotsAndNothingFromElsewhere) {
  const std::string html = HtmlReport(MakeReport({MakeLevel(20, 1), MakeLevel(30, 1)}));
  for (const char* title : {"Latency by load", "Throughput by load", "Timeline", "Batches"}) {
    EXPECT_THAT(html, HasSubstr(title));
  }
  EXPECT_THAT(html, HasSubstr("</html>"));
  for (const char* foreign : {"http://", "https://", "<script", ">nan", "\"nan", ">inf", "\"inf"}) {
    EXPECT_THAT(html, Not(HasSubstr(foreign)));
  }
}

TEST(HtmlReportTest, TextsFromOutsideCannotBecomeMarkup) {
  const std::string html = HtmlReport(MakeReport({MakeLevel(20, 1)}));
  EXPECT_THAT(html, Not(HasSubstr("<full>")));
  EXPECT_THAT(html, Not(HasSubstr("<b>'")));
  EXPECT_THAT(html, HasSubstr("&lt;full&gt;"));
}

TEST(HtmlReportTest, AVoidRunSaysSoFirst) {
  LevelResult level = MakeLevel(20, 1);
  level.runs[0].is_void = true;
  EXPECT_THAT(HtmlReport(MakeReport({level})), HasSubstr("Void: the client sent late"));
}

TEST(SvgPlotTest, TicksAreRound) {
  EXPECT_THAT(RoundTicks(0, 10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(RoundTicks(0, 0.07, 5), ElementsAre(0, 0.02, 0.04, 0.06));
  EXPECT_THAT(RoundTicks(90, 210, 5), ElementsAre(100, 150, 200));
  EXPECT_THAT(RoundTicks(3, 3, 5), ElementsAre(3));
}

}  // namespace
}  // namespace strobe::client
