// Reads the files of tests/goldens and of the shipped student.

#ifndef STROBE_TESTS_MODEL_GOLDEN_FILES_H_
#define STROBE_TESTS_MODEL_GOLDEN_FILES_H_

#include <fstream>
#include <limits>
#include <string>

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/weights/safetensors_file.h"
#include "model/weights/state_dict_loader.h"
#include "tests/model/float32_spread.h"

namespace strobe::model {

inline std::string GoldenFolder(const std::string& name) {
  return std::string(STROBE_SOURCE_DIR) + "/tests/goldens/" + name;
}

inline std::string StudentFolder() {
  return std::string(STROBE_SOURCE_DIR) + "/model/students/tiny-shapes";
}

inline nlohmann::json ReadJsonFile(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  return nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
}

inline StateDict ReadTensors(const std::string& path) {
  auto contents = ReadSafetensors(path);
  EXPECT_TRUE(contents.ok()) << contents.status();
  return contents.ok() ? contents->tensors : StateDict();
}

// The weights of a diffusers network (`unet` or `vae`) of a pipeline.
inline StateDict ReadNetworkWeights(const std::string& folder, const std::string& component) {
  return ReadTensors(folder + "/" + component + "/diffusion_pytorch_model.safetensors");
}

inline nlohmann::json ReadNetworkConfig(const std::string& folder, const std::string& component) {
  return ReadJsonFile(folder + "/" + component + "/config.json");
}

// The largest relative RMS that a float32 run may have from the golden `run` of a folder: "unet",
// "unet_odd" or "vae".
inline double NetworkLimit(const std::string& name, const std::string& run) {
  const nlohmann::json cases = ReadJsonFile(GoldenFolder(name) + "/cases.json");
  return kFloat32Spread * cases.at("float64_distance").at(run).get<double>();
}

// The same for the shipped student's golden of one step: "prompt_embeds" or "latents".
inline double StudentLimit(const std::string& tensor) {
  const nlohmann::json cases = ReadJsonFile(StudentFolder() + "/golden/cases.json");
  const nlohmann::json distance = cases.at("cases").at(0).at("float64_distance").at("1").at(tensor);
  return kFloat32Spread * (distance.is_array() ? distance.back() : distance).get<double>();
}

// |a - b| / |b|, over all elements; infinite when the shapes differ.
inline double RelativeRms(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor wide = b.to(at::kDouble);
  return (a.to(at::kDouble).sub(wide).norm().item<double>()) / wide.norm().item<double>();
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_GOLDEN_FILES_H_
