#include "client/load/requests_csv.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/call_error.h"

namespace strobe::client {
namespace {

constexpr const char* kColumns[] = {"address",        "load",           "repeat",
                                    "index",          "counts",
                                    "class",          "width",
                                    "height",         "steps",
                                    "seed",           "intended_at",
                                    "sent_at",        "first_event_at",
                                    "first_step_at",  "first_partial_at",
                                    "first_image_at", "ended_at",
                                    "latency",        "status",
                                    "reason",         "retries",        "images",
                                    "partial_images", "steps_done",
                                    "ended_early",    "bytes",
                                    "queue",          "text",
                                    "denoise",        "decode",
                                    "encode",         "server_total",
                                    "text_batches",   "denoise_batches",
                                    "decode_batches"};

std::string Time(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "";
  return absl::StrFormat("%.6f", absl::ToDoubleSeconds(duration));
}

// RFC 4180.
std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

bool Counts(const LoadRun& run, const RequestRecord& record) {
  return !record.warmup && record.intended >= run.begin && record.intended < run.end;
}

}  // namespace

void WriteCsvHeader(std::ostream& out) { out << absl::StrJoin(kColumns, ",") << "\n"; }

void WriteCsv(const LoadRun& run, const workload::Workload& workload, const CsvRun& name,
              std::ostream& out) {
  for (const RequestRecord& r : run.records) {
    const absl::Duration first_step = r.steps.empty() ? absl::InfiniteDuration() : r.steps.front();
    const std::string fields[] = {Quoted(name.address),
                                  absl::StrCat(name.load),
                                  absl::StrCat(name.repeat),
                                  absl::StrCat(r.index),
                                  Counts(run, r) ? "1" : "0",
                                  Quoted(workload.class_of(r.draw).name),
                                  absl::StrCat(r.draw.size.width),
                                  absl::StrCat(r.draw.size.height),
                                  absl::StrCat(r.draw.steps),
                                  absl::StrCat(r.draw.seed),
                                  Time(r.intended),
                                  Time(r.sent),
                                  Time(r.first_event),
                                  Time(first_step),
                                  Time(r.first_partial),
                                  Time(r.first_image),
                                  Time(r.ended),
                                  Time(r.latency()),
                                  StatusCodeName(r.code),
                                  Quoted(r.reason),
                                  absl::StrCat(r.retries),
                                  absl::StrCat(r.images),
                                  absl::StrCat(r.partial_images),
                                  absl::StrCat(r.steps_done),
                                  absl::StrCat(r.ended_early),
                                  absl::StrCat(r.bytes),
                                  Time(r.split.queue),
                                  Time(r.split.text),
                                  Time(r.split.denoise),
                                  Time(r.split.decode),
                                  Time(r.split.encode),
                                  Time(r.split.total),
                                  absl::StrJoin(r.batches.text, " "),
                                  absl::StrJoin(r.batches.denoise, " "),
                                  absl::StrJoin(r.batches.decode, " ")};
    static_assert(std::size(fields) == std::size(kColumns));
    out << absl::StrJoin(fields, ",") << "\n";
  }
}

}  // namespace strobe::client
