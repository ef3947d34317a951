#include "client/commands/models_command.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/call_error.h"
#include "client/commands/command_failure.h"
#include "client/commands/common_flags.h"

namespace strobe::client {
namespace {

constexpr absl::Duration kListDeadline = absl::Seconds(10);

constexpr char kModelsExamples[] =
    "Examples:\n"
    "  strobe-client models\n"
    "  strobe-client models --json | jq -r '.models[].name'\n"
    "\n"
    "The first model is the one for requests that name none. In the list of steps, the default\n"
    "has a star.";

std::string Steps(const v1::Model& model) {
  return absl::StrJoin(model.num_inference_steps(), " ", [&model](std::string* out, int steps) {
    absl::StrAppend(out, steps, steps == model.default_num_inference_steps() ? "*" : "");
  });
}

}  // namespace

CLI::App* AddModelsCommand(CLI::App& app, ModelsOptions& options) {
  CLI::App* command =
      app.add_subcommand("models", "List the models of the server, their defaults and limits");
  AddConnectionFlags(*command, options.connection);
  command->add_flag("--json", options.json, "Print one JSON object");
  command->footer(std::string(kModelsExamples) + "\n\n" + kExitCodesHelp);
  return command;
}

ExitCode RunModels(const ModelsOptions& options, CommandContext& context) {
  CallOptions call;
  call.deadline = kListDeadline;
  call.canceller = &context.canceller;
  v1::ListModelsResponse response;
  const grpc::Status status = context.client.ListModels(call, &response);
  if (!status.ok()) return ReportFailure(status, context);
  context.out << (options.json ? ModelsAsJson(response) : ModelsTable(response)) << std::flush;
  return kExitOk;
}

std::string ModelsTable(const v1::ListModelsResponse& response) {
  size_t name_width = 4;
  for (const v1::Model& model : response.models()) {
    name_width = std::max(name_width, model.name().size());
  }
  const int width = static_cast<int>(name_width);
  constexpr char kRow[] = "%-*s  %-11s  %-14s  %-12s  %8s  %6s  %s\n";
  std::string table = absl::StrFormat(kRow, width, "name", "size", "sides", "steps", "guidance",
                                      "images", "pipeline");
  for (const v1::Model& model : response.models()) {
    absl::StrAppendFormat(
        &table, kRow, width, WithoutControlCharacters(model.name()),
        absl::StrCat(model.default_width(), "x", model.default_height()),
        absl::StrCat(model.min_size(), "-", model.max_size(), " by ", model.size_multiple()),
        Steps(model),
        model.supports_guidance() ? absl::StrCat(model.default_guidance_scale()) : "none",
        absl::StrCat("1-", model.max_num_images()),
        WithoutControlCharacters(model.pipeline_class()));
  }
  return table;
}

std::string ModelsAsJson(const v1::ListModelsResponse& response) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["models"] = Json::array();
  for (const v1::Model& model : response.models()) {
    Json entry;
    entry["name"] = model.name();
    entry["pipeline_class"] = model.pipeline_class();
    entry["default_width"] = model.default_width();
    entry["default_height"] = model.default_height();
    entry["size_multiple"] = model.size_multiple();
    entry["min_size"] = model.min_size();
    entry["max_size"] = model.max_size();
    entry["num_inference_steps"] =
        std::vector<int>(model.num_inference_steps().begin(), model.num_inference_steps().end());
    entry["default_num_inference_steps"] = model.default_num_inference_steps();
    entry["default_guidance_scale"] = model.default_guidance_scale();
    entry["supports_guidance"] = model.supports_guidance();
    entry["max_prompt_tokens"] = model.max_prompt_tokens();
    entry["max_num_images"] = model.max_num_images();
    json["models"].push_back(std::move(entry));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace strobe::client
