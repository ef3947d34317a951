#include "server/startup/self_test.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "model/self_test/picture_difference.h"
#include "model/self_test/stored_pictures.h"

namespace strobe::server {
namespace {

using model::GenerationSpec;
using model::RgbImage;

constexpr absl::Duration kMaxBatchTime = absl::Seconds(10);
constexpr uint64_t kFirstSeed = 1000;  // of pictures that are not stored
constexpr model::PictureTolerance kSixteenBits = {255, 1.0, 4.0};

// Draws `specs`, of one model and size, in one batch, though they take different numbers of steps.
absl::StatusOr<std::vector<RgbImage>> Draw(StageEngine& engine, ModelKey model,
                                           absl::Span<const GenerationSpec> specs) {
  std::vector<std::unique_ptr<SampleState>> samples;
  std::vector<SampleState*> all;
  int most_steps = 0;
  for (const GenerationSpec& spec : specs) {
    STROBE_ASSIGN_OR_RETURN(samples.emplace_back(), engine.CreateSample(model, spec));
    all.push_back(samples.back().get());
    most_steps = std::max(most_steps, spec.num_inference_steps);
  }
  Pictures pictures;
  int step = 0;
  for (StagePlan plan(model::kTextToImage, most_steps); !plan.done(); plan.Advance()) {
    std::vector<SampleState*> batch = all;
    if (model::TraitsOf(plan.next()).repeats) {
      batch.clear();
      for (std::size_t i = 0; i < specs.size(); ++i) {
        if (specs[i].num_inference_steps > step) batch.push_back(all[i]);
      }
      ++step;
    }
    STROBE_ASSIGN_OR_RETURN(pictures, engine.Run(plan.next(), batch));
  }
  std::vector<RgbImage> images;
  for (auto& picture : pictures) {
    STROBE_ASSIGN_OR_RETURN(images.emplace_back(), std::move(picture));
  }
  return images;
}

// The test of one model.
class ModelTest {
 public:
  ModelTest(StageEngine& engine, const LoadedModel& model, int max_batch_size,
            const CostModel& costs)
      : engine_(engine),
        key_(model.key),
        model_(model.description),
        max_batch_size_(max_batch_size),
        costs_(costs) {}

  absl::Status Run(const model::StoredPictures& stored) {
    std::vector<model::StoredPicture> left = stored.pictures;
    do {
      // What shares a batch has one size.
      std::vector<model::StoredPicture> batch = TakeOneSize(left);
      STROBE_RETURN_IF_ERROR(TestBatch(batch, stored.tolerance));
    } while (!left.empty());
    return absl::OkStatus();
  }

 private:
  bool in_float32() const { return model_.dtype == "float32"; }

  int BatchSize(const BatchKey& key) const {
    int size = max_batch_size_;
    while (size > 2 &&
           costs_.Predict(Stage::kDenoise, key, size) * model_.num_inference_steps.back() +
                   costs_.Predict(Stage::kDecode, key, size) >
               kMaxBatchTime) {
      size /= 2;
    }
    return size;
  }

  // A batch of the first one's size, as many as fit.
  std::vector<model::StoredPicture> TakeOneSize(std::vector<model::StoredPicture>& left) const {
    std::vector<model::StoredPicture> batch;
    std::vector<model::StoredPicture> rest;
    for (model::StoredPicture& picture : left) {
      const bool fits =
          batch.empty() || (picture.spec.width == batch.front().spec.width &&
                            picture.spec.height == batch.front().spec.height &&
                            static_cast<int>(batch.size()) < BatchSize(KeyOf(batch.front().spec)));
      (fits ? batch : rest).push_back(std::move(picture));
    }
    left = std::move(rest);
    return batch;
  }

  BatchKey KeyOf(const GenerationSpec& spec) const {
    return server::KeyOf(key_, spec.width, spec.height);
  }

  // The stored ones first, then others up to a full batch.
  std::vector<GenerationSpec> Fill(const std::vector<model::StoredPicture>& stored) const {
    GenerationSpec spec;
    spec.width = stored.empty() ? model_.default_width : stored.front().spec.width;
    spec.height = stored.empty() ? model_.default_height : stored.front().spec.height;
    spec.guidance_scale = model_.default_guidance_scale;
    std::vector<GenerationSpec> specs;
    for (const model::StoredPicture& picture : stored) specs.push_back(picture.spec);
    const int batch_size = BatchSize(KeyOf(spec));
    for (int i = static_cast<int>(specs.size()); i < batch_size; ++i) {
      spec.prompt = absl::StrCat("self-test ", i);
      spec.seed = kFirstSeed + i;
      spec.num_inference_steps =
          i == 0 ? model_.default_num_inference_steps : model_.num_inference_steps.front();
      specs.push_back(spec);
    }
    return specs;
  }

  absl::Status TestBatch(const std::vector<model::StoredPicture>& stored,
                         const model::PictureTolerance& tolerance) const {
    const std::vector<GenerationSpec> specs = Fill(stored);
    const auto together = Draw(engine_, key_, specs);
    if (!together.ok()) return Named(together.status());
    for (std::size_t i = 0; i < stored.size(); ++i) {
      STROBE_RETURN_IF_ERROR(Check(specs[i], (*together)[i], stored[i].image, tolerance, "stored"));
    }
    if (specs.size() < 2) return absl::OkStatus();
    for (const std::size_t i : {std::size_t{0}, specs.size() - 1}) {
      const auto alone = Draw(engine_, key_, {specs[i]});
      if (!alone.ok()) return Named(alone.status());
      STROBE_RETURN_IF_ERROR(Check(
          specs[i], alone->front(), (*together)[i], {},
          absl::StrCat("drawn in a batch of ", specs.size(), " (--exact computes both alike)")));
    }
    return absl::OkStatus();
  }

  absl::Status Check(const GenerationSpec& spec, const RgbImage& drawn, const RgbImage& expected,
                     const model::PictureTolerance& tolerance, absl::string_view what) const {
    const model::PictureDifference difference = model::Compare(drawn, expected);
    if (model::IsWithin(difference, in_float32() ? tolerance : kSixteenBits)) {
      return absl::OkStatus();
    }
    return Named(absl::DataLossError(absl::StrCat(
        "the picture of seed ", spec.seed, ", ", spec.num_inference_steps, " steps, ", spec.width,
        "x", spec.height, " is not the one ", what, ": ", model::Describe(difference))));
  }

  absl::Status Named(const absl::Status& status) const {
    return absl::Status(status.code(),
                        absl::StrCat("self-test of model ", model_.name, ": ", status.message()));
  }

  StageEngine& engine_;
  const ModelKey key_;
  const model::ModelDescription& model_;
  const int max_batch_size_;
  const CostModel& costs_;
};

}  // namespace

absl::Status RunSelfTest(StageEngine& engine, int max_batch_size, const CostModel& costs) {
  for (const LoadedModel& model : engine.models()) {
    STROBE_ASSIGN_OR_RETURN(const model::StoredPictures stored,
                            model::ReadStoredPictures(model.directory));
    absl::Status status;
    // A thread of its own, as batches have: OpenMP's threads belong to the thread that uses them.
    std::thread([&] {
      status = ModelTest(engine, model, max_batch_size, costs).Run(stored);
    }).join();
    STROBE_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

}  // namespace strobe::server
