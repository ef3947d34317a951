#include "server/engine/torch_engine.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "model/weights/safetensors_file.h"
#include "model/weights/safetensors_writer.h"

namespace strobe::server {
namespace {

using model::GenerationSpec;
using model::RgbImage;
using testing::AllOf;
using testing::HasSubstr;

constexpr ModelKey kKey{1};
const char* const kStudent = STROBE_SOURCE_DIR "/model/students/tiny-shapes";

// Lookups that the engine reported.
struct Lookups {
  int hits = 0;
  int misses = 0;
};

TorchEngineOptions StudentOptions() {
  TorchEngineOptions options;
  options.models = {{kKey, kStudent}};
  options.engine.threads = 2;
  return options;
}

std::unique_ptr<StageEngine> LoadStudent(Lookups* lookups = nullptr, int cache_mb = 64) {
  TorchEngineOptions options = StudentOptions();
  options.engine.prompt_cache_mb = cache_mb;
  if (lookups != nullptr) {
    options.on_prompt_lookups = [lookups](int hits, int misses) {
      lookups->hits += hits;
      lookups->misses += misses;
    };
  }
  auto engine = NewTorchEngine(options);
  EXPECT_TRUE(engine.ok()) << engine.status();
  return engine.ok() ? *std::move(engine) : nullptr;
}

GenerationSpec Spec(const std::string& prompt, int steps, uint64_t seed) {
  GenerationSpec spec;
  spec.prompt = prompt;
  spec.width = spec.height = 64;
  spec.num_inference_steps = steps;
  spec.seed = seed;
  return spec;
}

// Samples of one engine and what is done to them together.
class Batch {
 public:
  explicit Batch(StageEngine& engine) : engine_(engine) {}

  SampleState* Add(const GenerationSpec& spec) {
    auto sample = engine_.CreateSample(kKey, spec);
    EXPECT_TRUE(sample.ok()) << sample.status();
    owned_.push_back(*std::move(sample));
    return owned_.back().get();
  }
  void Encode(const std::vector<SampleState*>& samples) {
    EXPECT_EQ(engine_.Run(Stage::kEncodePrompt, samples).status(), absl::OkStatus());
  }
  void Denoise(const std::vector<SampleState*>& samples) {
    EXPECT_EQ(engine_.Run(Stage::kDenoise, samples).status(), absl::OkStatus());
  }
  std::vector<RgbImage> Decode(const std::vector<SampleState*>& samples) {
    std::vector<RgbImage> images;
    const auto pictures = engine_.Run(Stage::kDecode, samples);
    EXPECT_TRUE(pictures.ok()) << pictures.status();
    if (!pictures.ok()) return images;
    for (const auto& picture : *pictures) {
      EXPECT_TRUE(picture.ok()) << picture.status();
      images.push_back(picture.ok() ? *picture : RgbImage());
    }
    return images;
  }

 private:
  StageEngine& engine_;
  std::vector<std::unique_ptr<SampleState>> owned_;
};

RgbImage DrawAlone(StageEngine& engine, const GenerationSpec& spec) {
  Batch batch(engine);
  const std::vector<SampleState*> samples = {batch.Add(spec)};
  batch.Encode(samples);
  for (int step = 0; step < spec.num_inference_steps; ++step) batch.Denoise(samples);
  const std::vector<RgbImage> images = batch.Decode(samples);
  return images.empty() ? RgbImage() : images[0];
}

// Off by at most 1, on at most 0.1 % of the values.
void ExpectSamePicture(const RgbImage& a, const RgbImage& b) {
  ASSERT_EQ(a.pixels.size(), 64u * 64 * 3);
  ASSERT_EQ(b.pixels.size(), a.pixels.size());
  size_t different = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const int difference = std::abs(int{a.pixels[i]} - int{b.pixels[i]});
    ASSERT_LE(difference, 1) << "value " << i;
    different += difference;
  }
  EXPECT_LE(different, a.pixels.size() / 1000);
}

TEST(TorchEngineTest, LanesSideBySideDrawTheSamePictures) {
  const auto engine = LoadStudent();
  ASSERT_NE(engine, nullptr);
  ASSERT_EQ(engine->max_lanes(), 2);
  std::vector<GenerationSpec> specs;
  for (int i = 0; i < 6; ++i) specs.push_back(Spec("a red ring on white", 1 + i % 3, i));
  std::vector<std::vector<RgbImage>> drawn(2);
  std::vector<std::thread> lanes;
  for (auto& pictures : drawn) {
    lanes.emplace_back([&] {
      for (const GenerationSpec& spec : specs) pictures.push_back(DrawAlone(*engine, spec));
    });
  }
  for (std::thread& lane : lanes) lane.join();
  for (size_t i = 0; i < specs.size(); ++i) {
    const RgbImage alone = DrawAlone(*engine, specs[i]);
    for (const auto& pictures : drawn) ExpectSamePicture(pictures[i], alone);
  }
}

TEST(TorchEngineTest, PixelsDoNotDependOnNeighboursAtOtherSteps) {
  const auto engine = LoadStudent(nullptr, 0);
  ASSERT_NE(engine, nullptr);
  const GenerationSpec spec = Spec("a small blue star at the top on a yellow background", 3, 22);
  const RgbImage alone = DrawAlone(*engine, spec);

  Batch batch(*engine);
  std::vector<SampleState*> neighbours;
  for (int i = 0; i < 7; ++i) {
    neighbours.push_back(
        batch.Add(Spec(absl::StrCat("a large red circle ", i), 1 + i % 3, 100 + i)));
  }
  batch.Encode(neighbours);
  SampleState* const sample = batch.Add(spec);
  batch.Encode({sample});
  // Neighbours of 1, 2 and 3 steps, some of them already one step ahead.
  batch.Denoise({neighbours[1], neighbours[2]});
  std::vector<SampleState*> all = neighbours;
  all.insert(all.begin() + 3, sample);
  batch.Denoise(all);
  batch.Denoise({neighbours[2], sample, neighbours[5]});
  batch.Denoise({neighbours[4], sample});
  const std::vector<RgbImage> together = batch.Decode(all);
  ASSERT_EQ(together.size(), 8u);
  ExpectSamePicture(together[3], alone);
  EXPECT_NE(together[3].pixels, together[2].pixels);
}

TEST(TorchEngineTest, CachedPromptGivesTheSamePixels) {
  Lookups lookups;
  const auto engine = LoadStudent(&lookups);
  ASSERT_NE(engine, nullptr);
  const GenerationSpec spec = Spec("green ring, black background", 2, 33);
  const RgbImage first = DrawAlone(*engine, spec);
  EXPECT_EQ(lookups.misses, 1);
  EXPECT_EQ(lookups.hits, 0);
  const RgbImage second = DrawAlone(*engine, spec);
  EXPECT_EQ(lookups.misses, 1);
  EXPECT_EQ(lookups.hits, 1);
  EXPECT_EQ(first.pixels, second.pixels);
}

TEST(TorchEngineTest, ImagesOfOnePromptShareItsEmbeddingsWithoutACacheToo) {
  Lookups lookups;
  const auto engine = LoadStudent(&lookups, 0);
  ASSERT_NE(engine, nullptr);
  Batch batch(*engine);
  std::vector<SampleState*> samples;
  for (int i = 0; i < 3; ++i) samples.push_back(batch.Add(Spec("a red circle", 1, i)));
  samples.push_back(batch.Add(Spec("a blue star", 1, 0)));
  batch.Encode(samples);
  EXPECT_EQ(lookups.misses, 2);
  EXPECT_EQ(lookups.hits, 2);
  batch.Denoise(samples);
  const std::vector<RgbImage> images = batch.Decode(samples);
  ASSERT_EQ(images.size(), 4u);
  ExpectSamePicture(images[2], DrawAlone(*engine, Spec("a red circle", 1, 2)));
  EXPECT_NE(images[0].pixels, images[1].pixels);
}

TEST(TorchEngineTest, UnfinishedSamplesDecodeToTheirEstimate) {
  const auto engine = LoadStudent();
  ASSERT_NE(engine, nullptr);
  Batch batch(*engine);
  const std::vector<SampleState*> samples = {batch.Add(Spec("a red circle", 3, 1))};
  batch.Encode(samples);
  batch.Denoise(samples);
  const std::vector<RgbImage> images = batch.Decode(samples);
  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].width, 64);
}

TEST(TorchEngineTest, ASizeOrStepCountThatIsNotOfferedIsAnErrorOfTheSample) {
  const auto engine = LoadStudent();
  ASSERT_NE(engine, nullptr);
  EXPECT_FALSE(engine->CreateSample(kKey, Spec("a", 99, 1)).ok());
  GenerationSpec wide = Spec("a", 1, 1);
  wide.width = 72;
  EXPECT_FALSE(engine->CreateSample(kKey, wide).ok());
}

TEST(TorchEngineTest, DeviceMemoryOfTheCpuIsReportedAsNothing) {
  TorchEngineOptions options = StudentOptions();
  int reports = 0;
  options.on_device_memory = [&](int64_t allocated, int64_t reserved) {
    ++reports;
    EXPECT_EQ(allocated, 0);
    EXPECT_EQ(reserved, 0);
  };
  auto engine = NewTorchEngine(options);
  ASSERT_TRUE(engine.ok()) << engine.status();
  DrawAlone(**engine, Spec("a red circle", 1, 1));
  EXPECT_EQ(reports, 1);
}

TEST(TorchEngineTest, RowsOfEachNetworkAreReportedWithWhatFilledThemUp) {
  TorchEngineOptions options = StudentOptions();
  options.engine.exact = true;
  options.max_batch_size = 4;
  std::vector<std::tuple<Stage, int, int>> rows;
  options.on_network_rows = [&rows](Stage stage, int used, int padding) {
    rows.emplace_back(stage, used, padding);
  };
  auto engine = NewTorchEngine(options);
  ASSERT_TRUE(engine.ok()) << engine.status();
  Batch batch(**engine);
  const std::vector<SampleState*> samples = {batch.Add(Spec("a", 1, 1)), batch.Add(Spec("a", 1, 2)),
                                             batch.Add(Spec("b", 1, 3))};
  batch.Encode(samples);
  batch.Denoise(samples);
  batch.Decode(samples);
  EXPECT_THAT(rows, testing::ElementsAre(std::tuple(Stage::kEncodePrompt, 2, 2),
                                         std::tuple(Stage::kDenoise, 3, 1),
                                         std::tuple(Stage::kDecode, 3, 1)));
}

// A copy of the student that a test may damage.
class StudentCopy {
 public:
  StudentCopy()
      : root_(testing::TempDir() + absl::StrCat("/student-copy-", ++count_, "-", getpid())) {
    std::filesystem::copy(kStudent, root_, std::filesystem::copy_options::recursive);
  }
  ~StudentCopy() { std::filesystem::remove_all(root_); }
  const std::string& path() const { return root_; }

  // Every number of a safetensors file becomes not-a-number.
  void Poison(const std::string& file) {
    std::fstream stream(root_ + "/" + file, std::ios::in | std::ios::out | std::ios::binary);
    uint64_t header_bytes = 0;
    stream.read(reinterpret_cast<char*>(&header_bytes), sizeof(header_bytes));
    stream.seekp(0, std::ios::end);
    const size_t data_bytes = static_cast<size_t>(stream.tellp()) - 8 - header_bytes;
    stream.seekp(8 + static_cast<std::streamoff>(header_bytes));
    stream << std::string(data_bytes, '\xff');
    ASSERT_TRUE(stream.good());
  }

 private:
  static inline int count_ = 0;
  const std::string root_;
};

TEST(TorchEngineTest, APictureThatIsNotFiniteFailsAloneAndIsNeverShown) {
  StudentCopy copy;
  copy.Poison("vae/diffusion_pytorch_model.safetensors");
  TorchEngineOptions options = StudentOptions();
  options.models = {{kKey, copy.path()}};
  auto engine = NewTorchEngine(options);
  ASSERT_TRUE(engine.ok()) << engine.status();
  Batch batch(**engine);
  const std::vector<SampleState*> samples = {batch.Add(Spec("a", 1, 1)),
                                             batch.Add(Spec("b", 1, 2))};
  batch.Encode(samples);
  batch.Denoise(samples);
  const auto pictures = (*engine)->Run(Stage::kDecode, samples);
  ASSERT_TRUE(pictures.ok()) << pictures.status();
  ASSERT_EQ(pictures->size(), 2u);
  for (const auto& picture : *pictures) {
    EXPECT_EQ(picture.status().code(), absl::StatusCode::kInternal);
  }
}

// Makes the activations in the middle of the decoder a hundred thousand times as large, and what it
// draws the same: its layers are linear or relus. No weight leaves the range of 16 bits.
void EnlargeActivations(const std::string& path) {
  const auto file = model::ReadSafetensors(path);
  ASSERT_TRUE(file.ok()) << file.status();
  model::StateDict tensors = file->tensors;
  std::map<int, std::vector<std::string>> names;  // by layer
  for (const auto& [name, tensor] : tensors) {
    int layer = 0;
    if (sscanf(name.c_str(), "decoder.layers.%d.", &layer) == 1) names[layer].push_back(name);
  }
  std::vector<double> factors = {1, 1.0 / 320, 1.0 / 320, 320,
                                 320};  // of convolutions between blocks
  double scale = 1;
  for (const auto& [layer, of_layer] : names) {
    const std::string weight = absl::StrCat("decoder.layers.", layer, ".weight");
    if (tensors.count(weight) > 0) {
      ASSERT_FALSE(factors.empty());
      tensors[weight] = tensors[weight].mul(factors.back());
      scale *= factors.back();
      factors.pop_back();
    }
    for (const std::string& name : of_layer) {
      if (absl::EndsWith(name, ".bias")) tensors[name] = tensors[name].mul(scale);
    }
  }
  ASSERT_TRUE(factors.empty());
  ASSERT_EQ(model::WriteSafetensors(path, tensors), absl::OkStatus());
}

TEST(TorchEngineTest, APictureThatOverflowsSixteenBitsIsDecodedInFloat32) {
  StudentCopy copy;
  EnlargeActivations(copy.path() + "/vae/diffusion_pytorch_model.safetensors");
  TorchEngineOptions options = StudentOptions();
  options.engine.dtype = "float16";
  const auto plain = NewTorchEngine(options);
  ASSERT_TRUE(plain.ok()) << plain.status();
  options.models = {{kKey, copy.path()}};
  int recovered = 0;
  options.on_picture_recovered = [&recovered] { ++recovered; };
  const auto engine = NewTorchEngine(options);
  ASSERT_TRUE(engine.ok()) << engine.status();
  const GenerationSpec spec = Spec("a large red circle on a white background", 3, 1);
  const RgbImage expected = DrawAlone(**plain, spec);
  const RgbImage drawn = DrawAlone(**engine, spec);
  EXPECT_EQ(recovered, 1);
  ASSERT_EQ(drawn.pixels.size(), expected.pixels.size());
  double off = 0;
  for (size_t i = 0; i < drawn.pixels.size(); ++i) {
    off += std::abs(int{drawn.pixels[i]} - int{expected.pixels[i]});
  }
  EXPECT_LT(off / static_cast<double>(drawn.pixels.size()), 2.0);
}

TEST(TorchEngineTest, WhatTheDenoiserMadeNotFiniteIsNotDecodedAgain) {
  StudentCopy copy;
  copy.Poison("unet/diffusion_pytorch_model.safetensors");
  TorchEngineOptions options = StudentOptions();
  options.models = {{kKey, copy.path()}};
  options.engine.dtype = "float16";
  options.on_picture_recovered = [] { FAIL() << "nothing can be recovered"; };
  const auto engine = NewTorchEngine(options);
  ASSERT_TRUE(engine.ok()) << engine.status();
  Batch batch(**engine);
  const std::vector<SampleState*> samples = {batch.Add(Spec("a", 1, 1))};
  batch.Encode(samples);
  batch.Denoise(samples);
  const auto pictures = (*engine)->Run(Stage::kDecode, samples);
  ASSERT_TRUE(pictures.ok()) << pictures.status();
  EXPECT_EQ(pictures->front().status().code(), absl::StatusCode::kInternal);
}

TEST(TorchEngineTest, TwoModelsOfOneNameAreRefusedAndBothAreNamed) {
  StudentCopy copy;
  TorchEngineOptions options = StudentOptions();
  options.models = {{{1}, kStudent}, {{2}, copy.path()}};
  const auto engine = NewTorchEngine(options);
  EXPECT_EQ(engine.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(engine.status().message()),
              AllOf(HasSubstr("tiny-shapes"), HasSubstr(kStudent), HasSubstr(copy.path())));
}

TEST(TorchEngineTest, AMissingDirectoryIsNamed) {
  TorchEngineOptions options = StudentOptions();
  options.models = {{kKey, "/no/such/model"}};
  const auto engine = NewTorchEngine(options);
  ASSERT_FALSE(engine.ok());
  EXPECT_THAT(std::string(engine.status().message()), HasSubstr("/no/such/model"));
}

TEST(TorchEngineTest, UnknownDevicesAndNumberFormatsAreRefused) {
  TorchEngineOptions options = StudentOptions();
  options.device = "gpu";
  EXPECT_EQ(NewTorchEngine(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.device = "cuda:4000";
  EXPECT_FALSE(NewTorchEngine(options).ok());
  options.device = "cuda:99";
  EXPECT_EQ(NewTorchEngine(options).status().code(), absl::StatusCode::kFailedPrecondition);
  options.device = "cpu";
  options.engine.dtype = "int8";
  EXPECT_EQ(NewTorchEngine(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(TorchEngineTest, NoModelAtAllIsRefused) {
  EXPECT_EQ(NewTorchEngine({}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(TorchEngineTest, Bfloat16DrawsAPictureToo) {
  TorchEngineOptions options = StudentOptions();
  options.engine.dtype = "bfloat16";
  auto engine = NewTorchEngine(options);
  ASSERT_TRUE(engine.ok()) << engine.status();
  EXPECT_EQ(DrawAlone(**engine, Spec("a red circle", 2, 1)).pixels.size(), 64u * 64 * 3);
}

}  // namespace
}  // namespace strobe::server
