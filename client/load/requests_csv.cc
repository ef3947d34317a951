#include "client/load/requests_csv.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/call_error.h"

namespace strobe::client {
namespace {

std::string Time(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "";
  return absl::StrFormat("%.6f", absl::ToDoubleSeconds(duration));
}

void TimeFormatter(std::string* out, absl::Duration duration) { *out += Time(duration); }

// RFC 4180.
std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

// What a column is made from.
struct Row {
  const CsvRun& name;
  const LoadRun& run;
  const workload::RequestClass& kind;
  const RequestRecord& r;
};

struct Column {
  const char* name;
  std::string (*text)(const Row& row);
};

constexpr Column kColumns[] = {
    {"address", [](const Row& row) { return Quoted(row.name.address); }},
    {"load", [](const Row& row) { return absl::StrCat(row.name.load); }},
    {"repeat", [](const Row& row) { return absl::StrCat(row.name.repeat); }},
    {"index", [](const Row& row) { return absl::StrCat(row.r.index); }},
    {"counts", [](const Row& row) { return std::string(row.run.Counts(row.r) ? "1" : "0"); }},
    {"class", [](const Row& row) { return Quoted(row.kind.name); }},
    {"width", [](const Row& row) { return absl::StrCat(row.r.draw.size.width); }},
    {"height", [](const Row& row) { return absl::StrCat(row.r.draw.size.height); }},
    {"steps", [](const Row& row) { return absl::StrCat(row.r.draw.steps); }},
    {"seed", [](const Row& row) { return absl::StrCat(row.r.draw.seed); }},
    {"intended_at", [](const Row& row) { return Time(row.r.intended); }},
    {"sent_at", [](const Row& row) { return Time(row.r.sent); }},
    {"first_event_at", [](const Row& row) { return Time(row.r.first_event); }},
    {"steps_at", [](const Row& row) { return absl::StrJoin(row.r.steps, " ", TimeFormatter); }},
    {"first_partial_at", [](const Row& row) { return Time(row.r.first_partial); }},
    {"last_partial_at", [](const Row& row) { return Time(row.r.last_partial); }},
    {"first_image_at", [](const Row& row) { return Time(row.r.first_image); }},
    {"ended_at", [](const Row& row) { return Time(row.r.ended); }},
    {"latency", [](const Row& row) { return Time(row.r.latency()); }},
    {"status", [](const Row& row) { return std::string(StatusCodeName(row.r.code)); }},
    {"reason", [](const Row& row) { return Quoted(row.r.reason); }},
    {"retries", [](const Row& row) { return absl::StrCat(row.r.retries); }},
    {"images", [](const Row& row) { return absl::StrCat(row.r.images); }},
    {"partial_images", [](const Row& row) { return absl::StrCat(row.r.partial_images); }},
    {"steps_done", [](const Row& row) { return absl::StrCat(row.r.steps_done); }},
    {"ended_early", [](const Row& row) { return absl::StrCat(row.r.ended_early); }},
    {"wrong_size_images", [](const Row& row) { return absl::StrCat(row.r.wrong_size_images); }},
    {"corrupt_images", [](const Row& row) { return absl::StrCat(row.r.corrupt_images); }},
    {"bytes", [](const Row& row) { return absl::StrCat(row.r.bytes); }},
    {"queue", [](const Row& row) { return Time(row.r.split.queue); }},
    {"text", [](const Row& row) { return Time(row.r.split.text); }},
    {"denoise", [](const Row& row) { return Time(row.r.split.denoise); }},
    {"decode", [](const Row& row) { return Time(row.r.split.decode); }},
    {"encode", [](const Row& row) { return Time(row.r.split.encode); }},
    {"server_total", [](const Row& row) { return Time(row.r.split.total); }},
    {"text_batches", [](const Row& row) { return absl::StrJoin(row.r.batches.text, " "); }},
    {"denoise_batches", [](const Row& row) { return absl::StrJoin(row.r.batches.denoise, " "); }},
    {"decode_batches", [](const Row& row) { return absl::StrJoin(row.r.batches.decode, " "); }},
};

}  // namespace

void WriteCsvHeader(std::ostream& out) {
  out << absl::StrJoin(kColumns, ",", [](std::string* text, const Column& column) {
    *text += column.name;
  }) << "\n";
}

void WriteCsv(const LoadRun& run, const workload::Workload& workload, const CsvRun& name,
              std::ostream& out) {
  for (const RequestRecord& record : run.records) {
    const Row row = {name, run, workload.class_of(record.draw), record};
    out << absl::StrJoin(kColumns, ",", [&row](std::string* text, const Column& column) {
      *text += column.text(row);
    }) << "\n";
  }
}

}  // namespace strobe::client
