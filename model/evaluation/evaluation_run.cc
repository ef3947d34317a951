#include "model/evaluation/evaluation_run.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/evaluation/comparison_rows.h"
#include "model/evaluation/evaluation_prompts.h"
#include "model/evaluation/pairwise_page.h"
#include "model/evaluation/picture_source.h"
#include "model/evaluation/row_measurement.h"
#include "model/evaluation/sample_sheets.h"
#include "model/evaluation/scene_critic.h"
#include "model/image_io/image_codec.h"
#include "model/output/output_folder.h"
#include "model/scenes/scene_renderer.h"
#include "model/scenes/scene_sampler.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr uint64_t kReferenceSeed = 0x726566;
constexpr int kRenderBatch = 100;
constexpr size_t kPairs = 50;
constexpr int kPictureSize = 64;  // of true pictures, as the critic looks at them

at::Tensor Render(const Scene& scene) {
  const at::Tensor picture = at::empty({3, kPictureSize, kPictureSize}, at::kFloat);
  RenderSceneFloat(scene, kPictureSize,
                   absl::MakeSpan(picture.data_ptr<float>(), static_cast<size_t>(picture.numel())));
  return picture;
}

class Evaluation {
 public:
  explicit Evaluation(const EvaluationOptions& options)
      : options_(options),
        prompts_(MakeEvaluationPrompts(options.domain, options.num_prompts, options.seed)) {}

  absl::Status Run() {
    absl::Status status = Prepare();
    if (status.ok()) status = MeasureTrueRenders();
    for (const ComparisonRow& row : StandardRows()) {
      if (status.ok()) status = MeasureRow(row);
    }
    if (status.ok() && measured_.empty()) {
      return absl::NotFoundError(
          absl::StrCat(options_.runs, ": holds none of the models' folders"));
    }
    if (status.ok()) status = WritePairs();
    return status.ok() ? WriteReport() : status;
  }

 private:
  absl::Status OpenOutput();
  absl::Status Prepare();
  absl::Status MeasureTrueRenders();
  absl::Status MeasureRow(const ComparisonRow& row);
  absl::StatusOr<RowResult> Measure(const ComparisonRow& row, TextToImagePipeline& pipeline);
  absl::Status WritePairs();
  absl::Status WriteReport();
  std::string KeyOf(const ComparisonRow& row, const ModelDescription& model) const;
  fs::path SheetPath(const ComparisonRow& row) const {
    return fs::path(options_.output) / "sheets" / SheetName(row);
  }
  absl::StatusOr<std::unique_ptr<TextToImagePipeline>> LoadPipeline(
      const ComparisonRow& row) const {
    TextToImagePipeline::Options options;
    options.device = options_.device;
    return TextToImagePipeline::Load((fs::path(options_.runs) / row.folder).string(), options);
  }

  EvaluationOptions options_;
  std::vector<EvaluationPrompt> prompts_;
  std::unique_ptr<SceneCritic> critic_;
  at::Tensor references_;
  Json known_ = Json::object();  // rows.json
  std::vector<MeasuredRow> measured_;
  EvaluationFacts facts_;
};

absl::Status Evaluation::OpenOutput() {
  OutputRequest request;
  request.kind = OutputKind::kEvaluation;
  request.path = options_.output;
  request.keep_apart.push_back({"the critic's folder", options_.critic});
  for (const ComparisonRow& row : StandardRows()) {
    request.keep_apart.push_back({absl::StrCat("the folder of the model '", row.folder, "'"),
                                  (fs::path(options_.runs) / row.folder).string()});
  }
  STROBE_RETURN_IF_ERROR(OpenGrowingFolder(request));
  return MakeFolder((fs::path(options_.output) / "sheets").string());
}

absl::Status Evaluation::Prepare() {
  STROBE_RETURN_IF_ERROR(OpenOutput());
  STROBE_ASSIGN_OR_RETURN(critic_, SceneCritic::Load(options_.critic, options_.device));
  const fs::path rows = fs::path(options_.output) / "rows.json";
  if (fs::exists(rows)) {
    STROBE_ASSIGN_OR_RETURN(const std::string text, ReadFile(rows.string()));
    known_ = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!known_.is_object()) {
      return absl::InvalidArgumentError(
          absl::StrCat(rows.string(), ": is not what an evaluation wrote; remove it"));
    }
  }
  SceneSamplerOptions scenes;
  scenes.domain = options_.domain;
  scenes.seed = options_.seed ^ kReferenceSeed;
  const SceneSampler seen(scenes);
  scenes.split = SceneSplit::kHeldOut;
  const SceneSampler held_out(scenes);
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> features;
  for (int first = 0; first < options_.num_references; first += kRenderBatch) {
    std::vector<at::Tensor> pictures;
    for (int i = first; i < std::min(first + kRenderBatch, options_.num_references); ++i) {
      pictures.push_back(Render((i % 2 == 1 ? held_out : seen).Sample(static_cast<uint64_t>(i))));
    }
    features.push_back(critic_->Features(at::stack(pictures)));
  }
  references_ = at::cat(features);
  return absl::OkStatus();
}

absl::Status Evaluation::MeasureTrueRenders() {
  RowMeasurement measurement(options_.domain, &prompts_, critic_.get());
  for (size_t i = 0; i < prompts_.size(); ++i) {
    STROBE_RETURN_IF_ERROR(measurement.Add(i, Render(prompts_[i].scene)));
  }
  facts_.true_renders = measurement.Finish(references_, options_.seed);
  options_.progress(absl::StrFormat("true pictures: the detectors find all right in %.1f %%",
                                    100 * facts_.true_renders.complex.mean));
  return absl::OkStatus();
}

// Tells apart what a row was measured of: its weights, its sampling and the options.
std::string Evaluation::KeyOf(const ComparisonRow& row, const ModelDescription& model) const {
  const std::string correction =
      row.noise_correction.has_value() ? (*row.noise_correction ? "on" : "off") : "model";
  return absl::StrCat(row.folder, "/", row.steps, "/", row.guidance_scale.value_or(0), "/",
                      correction, "/", SceneDomainName(options_.domain), "/", options_.num_prompts,
                      "/", options_.num_references, "/", options_.seed, "/",
                      model.weights_fingerprint);
}

absl::Status Evaluation::MeasureRow(const ComparisonRow& row) {
  if (!fs::exists(fs::path(options_.runs) / row.folder / "model_index.json")) {
    if (std::find(facts_.missing.begin(), facts_.missing.end(), row.folder) ==
        facts_.missing.end()) {
      facts_.missing.push_back(row.folder);
    }
    return absl::OkStatus();
  }
  STROBE_ASSIGN_OR_RETURN(const auto pipeline, LoadPipeline(row));
  const std::string key = KeyOf(row, pipeline->description());
  if (!known_.contains(key) || !fs::exists(SheetPath(row))) {
    STROBE_ASSIGN_OR_RETURN(const RowResult result, Measure(row, *pipeline));
    known_[key] = RowResultJson(result);
    STROBE_RETURN_IF_ERROR(
        WriteFile((fs::path(options_.output) / "rows.json").string(), known_.dump(2) + "\n"));
  }
  STROBE_ASSIGN_OR_RETURN(RowResult result, ParseRowResult(known_.at(key)));
  options_.progress(absl::StrFormat("%s, %d steps: alignment %.1f %%, Frechet %.2f", row.label,
                                    row.steps, 100 * result.alignment.mean, result.frechet.mean));
  measured_.push_back({row, std::move(result)});
  return absl::OkStatus();
}

absl::StatusOr<RowResult> Evaluation::Measure(const ComparisonRow& row,
                                              TextToImagePipeline& pipeline) {
  RowMeasurement measurement(options_.domain, &prompts_, critic_.get());
  std::vector<std::string> texts;
  for (const EvaluationPrompt& prompt : prompts_) texts.push_back(prompt.caption.text);
  std::vector<at::Tensor> shown;
  STROBE_RETURN_IF_ERROR(DrawPictures(pipeline, row, texts, options_.seed, options_.interrupted,
                                      [&](size_t index, const at::Tensor& picture) {
                                        if (index < kSheetPictures) shown.push_back(picture);
                                        return measurement.Add(index, picture);
                                      }));
  STROBE_ASSIGN_OR_RETURN(const std::string sheet, SheetPng(shown));
  STROBE_RETURN_IF_ERROR(WriteFile(SheetPath(row).string(), sheet));
  return measurement.Finish(references_, options_.seed);
}

absl::Status Evaluation::WritePairs() {
  std::vector<PicturePair> pairs(std::min(kPairs, prompts_.size()));
  std::vector<std::string> texts;
  for (size_t i = 0; i < pairs.size(); ++i) {
    texts.push_back(prompts_[i].caption.text);
    pairs[i].prompt = texts.back();
  }
  const auto draw = [&](const MeasuredRow& measured, std::string PicturePair::*png) {
    STROBE_ASSIGN_OR_RETURN(auto pipeline, LoadPipeline(measured.row));
    return DrawPictures(*pipeline, measured.row, texts, options_.seed, options_.interrupted,
                        [&](size_t index, const at::Tensor& picture) {
                          STROBE_ASSIGN_OR_RETURN(const RgbImage image, ToRgbImage(picture));
                          STROBE_ASSIGN_OR_RETURN(auto bytes,
                                                  EncodeImage(image, ImageFormat::kPng, 0));
                          pairs[index].*png = std::move(bytes);
                          return absl::OkStatus();
                        });
  };
  const auto find = [&](const std::string& folder) {
    return std::find_if(measured_.rbegin(), measured_.rend(), [&](const MeasuredRow& measured) {
      return measured.row.table == 1 && measured.row.folder == folder;
    });
  };
  const auto ours = find("imagine-flash");
  const auto other = find("lcm") != measured_.rend() ? find("lcm") : find("teacher");
  if (ours == measured_.rend() || other == measured_.rend()) return absl::OkStatus();
  STROBE_RETURN_IF_ERROR(draw(*ours, &PicturePair::first_png));
  STROBE_RETURN_IF_ERROR(draw(*other, &PicturePair::second_png));
  return WriteFile(
      (fs::path(options_.output) / "pairwise.html").string(),
      PairwisePage(absl::StrCat(ours->row.label, " ", ours->row.steps),
                   absl::StrCat(other->row.label, " ", other->row.steps), pairs, options_.seed));
}

absl::Status Evaluation::WriteReport() {
  facts_.domain = std::string(SceneDomainName(options_.domain));
  facts_.num_prompts = options_.num_prompts;
  facts_.num_references = options_.num_references;
  facts_.seed = options_.seed;
  facts_.command = options_.command;
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(kSheetPictures, prompts_.size()); ++i) {
    shown.push_back(prompts_[i].caption.text);
  }
  STROBE_RETURN_IF_ERROR(WriteFile((fs::path(options_.output) / "sheets/README.md").string(),
                                   SheetsMarkdown(measured_, shown)));
  return WriteFile((fs::path(options_.output) / "EVALUATION.md").string(),
                   EvaluationMarkdown(measured_, facts_));
}

}  // namespace

absl::Status RunEvaluation(const EvaluationOptions& options) {
  try {
    return Evaluation(options).Run();
  } catch (const std::exception& exception) {
    return absl::InternalError(exception.what());
  }
}

}  // namespace strobe::model
