#include "client/commands/generation_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/call_error.h"

namespace strobe::client {
namespace {

using Json = nlohmann::ordered_json;

double Seconds(const google::protobuf::Duration& proto) {
  return static_cast<double>(proto.seconds()) + proto.nanos() * 1e-9;
}

std::string FinishName(v1::FinishReason reason) {
  switch (reason) {
    case v1::FINISH_REASON_STOP:
      return "stop";
    case v1::FINISH_REASON_DEADLINE:
      return "deadline";
    case v1::FINISH_REASON_LOAD:
      return "load";
    default:
      return "unfinished";
  }
}

std::string Batches(const v1::Account& account) {
  return absl::StrCat(account.text_batch_size(), " | ",
                      absl::StrJoin(account.denoise_batch_sizes(), " "), " | ",
                      account.decode_batch_size());
}

// What is worth knowing about an image that is not as asked for.
std::string Notes(const v1::GeneratedImage& image) {
  std::string notes;
  if (image.finish_reason() == v1::FINISH_REASON_DEADLINE ||
      image.finish_reason() == v1::FINISH_REASON_LOAD) {
    absl::StrAppend(&notes, "  ended early: ", FinishName(image.finish_reason()));
  }
  if (image.prompt_truncated()) absl::StrAppend(&notes, "  prompt was cut");
  return notes;
}

Json AccountAsJson(const v1::Account& account) {
  Json json;
  json["queue_seconds"] = Seconds(account.queue_duration());
  json["text_seconds"] = Seconds(account.text_duration());
  json["denoise_seconds"] = Seconds(account.denoise_duration());
  json["decode_seconds"] = Seconds(account.decode_duration());
  json["encode_seconds"] = Seconds(account.encode_duration());
  json["text_batch_size"] = account.text_batch_size();
  json["denoise_batch_sizes"] = Json::array();
  for (const int size : account.denoise_batch_sizes()) json["denoise_batch_sizes"].push_back(size);
  json["decode_batch_size"] = account.decode_batch_size();
  return json;
}

Json ImagesAsJson(const std::vector<SavedImage>& images) {
  Json array = Json::array();
  for (const SavedImage& saved : images) {
    Json json;
    json["path"] = saved.path;
    json["bytes"] = saved.bytes;
    json["index"] = saved.image.index();
    json["seed"] = saved.image.seed();
    json["mime_type"] = saved.image.mime_type();
    json["width"] = saved.image.width();
    json["height"] = saved.image.height();
    json["steps_done"] = saved.image.steps_done();
    json["finish_reason"] = FinishName(saved.image.finish_reason());
    json["prompt_truncated"] = saved.image.prompt_truncated();
    json["account"] = AccountAsJson(saved.image.account());
    array.push_back(std::move(json));
  }
  return array;
}

Json ErrorAsJson(const GenerationReport& report) {
  Json json;
  if (report.status.ok()) {
    if (report.file_error.empty()) return nullptr;
    json["code"] = "OUTPUT_FAILED";
    json["message"] = report.file_error;
    return json;
  }
  const CallError error = DecodeCallError(report.status);
  json["code"] = StatusCodeName(error.code);
  json["reason"] = error.reason;
  json["message"] = error.message;
  json["violations"] = Json::array();
  for (const CallError::Violation& violation : error.violations) {
    json["violations"].push_back(
        {{"field", violation.field}, {"description", violation.description}});
  }
  json["retry_delay_seconds"] = absl::ToDoubleSeconds(error.retry_delay);
  return json;
}

}  // namespace

std::string TimingTable(const GenerationReport& report) {
  std::string table =
      absl::StrFormat("%20s %5s %8s %8s %8s %8s %8s   %s\n", "seed", "steps", "queue", "text",
                      "denoise", "decode", "encode", "batch text | steps | decode");
  for (const SavedImage& saved : report.images) {
    const v1::Account& account = saved.image.account();
    absl::StrAppendFormat(
        &table, "%20u %5d %8.1f %8.1f %8.1f %8.1f %8.1f   %s%s\n", saved.image.seed(),
        saved.image.steps_done(), Seconds(account.queue_duration()) * 1e3,
        Seconds(account.text_duration()) * 1e3, Seconds(account.denoise_duration()) * 1e3,
        Seconds(account.decode_duration()) * 1e3, Seconds(account.encode_duration()) * 1e3,
        Batches(account), Notes(saved.image));
  }
  absl::StrAppendFormat(&table, "times in ms; total on the server %.1f, round trip %.1f\n",
                        absl::ToDoubleMilliseconds(report.server_total),
                        absl::ToDoubleMilliseconds(report.round_trip));
  return table;
}

std::string ReportsAsJson(const std::string& address,
                          const std::vector<GenerationReport>& reports) {
  Json json;
  json["address"] = address;
  json["requests"] = Json::array();
  for (const GenerationReport& report : reports) {
    Json request;
    request["prompt"] = report.prompt;
    request["request_id"] = report.request_id;
    request["images"] = ImagesAsJson(report.images);
    request["partial_images"] = ImagesAsJson(report.partial_images);
    request["server_total_seconds"] = absl::ToDoubleSeconds(report.server_total);
    request["round_trip_seconds"] = absl::ToDoubleSeconds(report.round_trip);
    request["error"] = ErrorAsJson(report);
    json["requests"].push_back(std::move(request));
  }
  // A prompt that is not UTF-8 gets replacement characters.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace strobe::client
