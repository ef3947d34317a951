// A closed loop of concurrent callers against a running server. Prints images/s as one JSON line.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <CLI/CLI.hpp>

#include "strobe/v1/image_generation.grpc.pb.h"
#include "tests/benchmarks/shape_prompts.h"

namespace strobe::benchmarks {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Load {
  std::string address = "127.0.0.1:50051";
  int callers = 16;
  int steps = 3;
  double warmup_seconds = 2;
  double seconds = 10;
};

// Asks for one picture after the other until told to stop; counts those that arrive while
// `counting`.
class Caller {
 public:
  Caller(const Load& load, std::atomic<uint64_t>& next, std::atomic<bool>& counting,
         std::atomic<bool>& stop)
      : load_(load),
        stub_(v1::ImageGenerationService::NewStub(
            grpc::CreateChannel(load.address, grpc::InsecureChannelCredentials()))),
        next_(next),
        counting_(counting),
        stop_(stop) {}

  void Run() {
    while (!stop_) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
      v1::GenerateImagesRequest request;
      request.set_seed(next_++);
      request.set_prompt(ShapePrompt(request.seed()));
      request.set_num_inference_steps(load_.steps);
      request.set_output_format(v1::OUTPUT_FORMAT_PNG);
      auto stream = stub_->GenerateImages(&context, request);
      v1::GenerateImagesResponse response;
      while (stream->Read(&response)) {
        if (response.has_image() && counting_) ++images_;
      }
      if (!stream->Finish().ok()) ++failures_;
    }
  }

  uint64_t images() const { return images_; }
  uint64_t failures() const { return failures_; }

 private:
  const Load& load_;
  std::unique_ptr<v1::ImageGenerationService::Stub> stub_;
  std::atomic<uint64_t>& next_;
  std::atomic<bool>& counting_;
  std::atomic<bool>& stop_;
  std::atomic<uint64_t> images_ = 0;
  std::atomic<uint64_t> failures_ = 0;
};

int Main(int argc, char** argv) {
  Load load;
  CLI::App app("A closed loop of concurrent callers");
  app.add_option("--address", load.address, "server");
  app.add_option("--callers", load.callers, "concurrent callers");
  app.add_option("--steps", load.steps, "denoising steps");
  app.add_option("--warmup-seconds", load.warmup_seconds, "not counted");
  app.add_option("--seconds", load.seconds, "counted");
  CLI11_PARSE(app, argc, argv);

  std::atomic<uint64_t> next = 0;
  std::atomic<bool> counting = false, stop = false;
  std::vector<std::unique_ptr<Caller>> callers;
  std::vector<std::thread> threads;
  for (int i = 0; i < load.callers; ++i) {
    callers.push_back(std::make_unique<Caller>(load, next, counting, stop));
    threads.emplace_back([caller = callers.back().get()] { caller->Run(); });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(load.warmup_seconds));
  counting = true;
  const auto start = SteadyClock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(load.seconds));
  counting = false;
  const std::chrono::duration<double> elapsed = SteadyClock::now() - start;
  stop = true;
  for (std::thread& thread : threads) thread.join();

  uint64_t images = 0, failures = 0;
  for (const auto& caller : callers) {
    images += caller->images();
    failures += caller->failures();
  }
  std::printf("{\"callers\": %d, \"steps\": %d, \"images_per_second\": %.3f, \"failures\": %llu}\n",
              load.callers, load.steps, images / elapsed.count(),
              static_cast<unsigned long long>(failures));
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace strobe::benchmarks

int main(int argc, char** argv) { return strobe::benchmarks::Main(argc, argv); }
