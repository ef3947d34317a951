// What diffusers computed for the pipelines under tests/goldens and for the shipped student.

#ifndef STROBE_TESTS_MODEL_PIPELINE_GOLDEN_FILE_H_
#define STROBE_TESTS_MODEL_PIPELINE_GOLDEN_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include "model/pipeline/text_to_image_pipeline.h"
#include "model/weights/state_dict_loader.h"
#include "tests/model/float32_spread.h"

namespace strobe::model {

// How far a float32 run is from the same run in float64, as scripts/make_goldens.py records it.
struct Float64Distance {
  double prompt_embeds = 0.0;   // relative RMS, of the worst
  std::vector<double> latents;  // relative RMS, after each step
  double pixels = 0.0;          // share of 8-bit values that differ
};

// One recorded run. `tensors` has the names of the trace file, without the case.
struct GoldenCase {
  std::string label;
  GenerationSpec spec;
  SamplingOverrides overrides;  // without the noise, which is among the tensors
  StateDict tensors;
  Float64Distance float64;
};

// Directories with weights: "sd-turbo-like" and so on; the student is "tiny-shapes".
std::string GoldenModelDirectory(const std::string& name);

// All cases of a model, the student's at each step count.
std::vector<GoldenCase> ReadGoldenCases(const std::string& name);

// What the tests of goldens compute on: the CPU, or the device that STROBE_TEST_DEVICE names.
at::Device TestDevice();

// Options for networks that compute in float64: the reference that limits are derived from. Latents
// are float32 between the steps.
TextToImagePipeline::Options InFloat64();

// Loads on the TestDevice, with graphs where that has any, or dies.
std::unique_ptr<TextToImagePipeline> LoadGoldenModel(
    const std::string& name, const TextToImagePipeline::Options& options = {});

// A sample that starts from the recorded noise.
std::unique_ptr<PipelineSample> StartGoldenCase(TextToImagePipeline& pipeline,
                                                const GoldenCase& golden);

// |a - b| / |b|, both taken as flat vectors.
double RelativeRms(const at::Tensor& a, const at::Tensor& b);

// A model's name as the name of a parameterised test: letters, digits and underscores only.
inline std::string TestNameOf(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_PIPELINE_GOLDEN_FILE_H_
