// Pictures of a checkpoint for a list of prompts, through the pipeline that serves.

#ifndef STROBE_MODEL_EVALUATION_PICTURE_SOURCE_H_
#define STROBE_MODEL_EVALUATION_PICTURE_SOURCE_H_

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "model/evaluation/report/comparison_rows.h"
#include "model/pipeline/text_to_image_pipeline.h"

namespace strobe::model {

// Called with each picture, float32 [3, H, W] in 0..1, in the order of the prompts.
using PictureSink = std::function<absl::Status(size_t index, const at::Tensor& picture)>;

// Draws a picture for every prompt as `row` says, with seed + index, in batches. CANCELLED when
// interrupted. Errors are the pipeline's and the sink's.
absl::Status DrawPictures(TextToImagePipeline& pipeline, const ComparisonRow& row,
                          const std::vector<std::string>& prompts, uint64_t seed,
                          const std::atomic<bool>* interrupted, const PictureSink& sink);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_PICTURE_SOURCE_H_
