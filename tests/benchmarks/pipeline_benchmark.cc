// The bare pipeline in loops side by side: what the hardware gives when nothing is served. Prints
// one JSON line for each batch size.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>

#include "model/pipeline/text_to_image_pipeline.h"
#include "tests/benchmarks/shape_prompts.h"

namespace strobe::benchmarks {
namespace {

using model::PipelineSample;
using model::TextToImagePipeline;

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// One batch from prompts to 8-bit pictures; aborts on any error.
void RunBatch(TextToImagePipeline& pipeline, int batch_size, int steps, uint64_t first_seed) {
  std::vector<std::unique_ptr<PipelineSample>> samples;
  std::vector<PipelineSample*> batch;
  for (int i = 0; i < batch_size; ++i) {
    model::GenerationSpec spec;
    spec.seed = first_seed + i;
    spec.prompt = ShapePrompt(spec.seed);
    spec.width = pipeline.description().default_width;
    spec.height = pipeline.description().default_height;
    spec.num_inference_steps = steps;
    spec.guidance_scale = pipeline.description().default_guidance_scale;
    samples.push_back(pipeline.CreateSample(spec, {}).value());
    batch.push_back(samples.back().get());
  }
  if (!pipeline.EncodePrompts(batch).ok()) std::abort();
  for (int step = 0; step < steps; ++step) {
    if (!pipeline.DenoiseStep(batch).ok()) std::abort();
  }
  const std::vector<at::Tensor> images = pipeline.Decode(batch).value();
  for (const at::Tensor& image : images) {
    if (model::ToRgbImage(image).value().pixels.empty()) std::abort();
  }
}

// Pictures a second of one loop.
double Loop(TextToImagePipeline& pipeline, int batch_size, int steps, uint64_t seed,
            double seconds) {
  for (int i = 0; i < 3; ++i) RunBatch(pipeline, batch_size, steps, seed);
  const double start = Seconds();
  double now = start;
  int images = 0;
  while (now - start < seconds) {
    RunBatch(pipeline, batch_size, steps, seed);
    images += batch_size;
    seed += batch_size;
    now = Seconds();
  }
  return images / (now - start);
}

int Main(int argc, char** argv) {
  std::string directory;
  std::vector<int> batch_sizes = {1, 2, 4, 8};
  int steps = 3;
  int threads = 0;
  int lanes = 1;
  double seconds = 5;
  bool bfloat16 = false;
  CLI::App app("The bare pipeline in a loop");
  app.add_option("--model", directory, "diffusers directory")->required();
  app.add_option("--batch", batch_sizes, "batch sizes")->delimiter(',');
  app.add_option("--steps", steps, "denoising steps");
  app.add_option("--threads", threads, "CPU threads that the loops share; 0: all cores");
  app.add_option("--lanes", lanes, "loops side by side")->check(CLI::PositiveNumber);
  app.add_flag("--bfloat16", bfloat16, "weights and arithmetic in bfloat16, not float32");
  app.add_option("--seconds", seconds, "measured time for each batch size");
  CLI11_PARSE(app, argc, argv);

  if (threads == 0) threads = at::get_num_threads();
  TextToImagePipeline::Options options;
  if (bfloat16) options.dtype = c10::kBFloat16;
  auto pipeline = TextToImagePipeline::Load(directory, options);
  if (!pipeline.ok()) {
    std::fprintf(stderr, "pipeline_benchmark: %s\n", pipeline.status().ToString().c_str());
    return 1;
  }
  for (int batch_size : batch_sizes) {
    std::vector<double> rates(lanes);
    std::vector<std::thread> loops;
    const auto run = [&](int lane) {
      at::set_num_threads(std::max(1, threads / lanes));
      rates[lane] = Loop(**pipeline, batch_size, steps, lane * 1'000'000ull, seconds);
    };
    for (int lane = 1; lane < lanes; ++lane) loops.emplace_back(run, lane);
    run(0);  // on the thread that loaded: OpenMP's threads are its own
    for (std::thread& loop : loops) loop.join();
    const double rate = std::accumulate(rates.begin(), rates.end(), 0.0);
    std::printf(
        "{\"batch\": %d, \"lanes\": %d, \"steps\": %d, \"images_per_second\": %.3f, "
        "\"batch_ms\": %.3f}\n",
        batch_size, lanes, steps, rate, 1e3 * batch_size * lanes / rate);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace strobe::benchmarks

int main(int argc, char** argv) { return strobe::benchmarks::Main(argc, argv); }
