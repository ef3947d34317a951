#include "server/rpc/open_inference/inference_parameters.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "model/spec/image_format.h"

namespace strobe::server {
namespace {

using inference::InferParameter;

class ParameterReader;

struct Known {
  const char* name;
  void (ParameterReader::*read)(const InferParameter& value);
};

// Reads one parameter after the other; `name_` is the one it is at.
class ParameterReader {
 public:
  ParameterReader(ImageRequest& request, std::vector<FieldViolation>& violations)
      : request_(request), violations_(violations) {}

  void Read(const Known& known, const InferParameter& value) {
    name_ = known.name;
    (this->*known.read)(value);
  }

  void Seed(const InferParameter& value) {
    if (value.has_uint64_param()) {
      request_.seed = value.uint64_param();
    } else if (value.has_int64_param()) {
      request_.seed = static_cast<uint64_t>(value.int64_param());
    } else {
      Violate("must be a whole number");
    }
  }

  void Steps(const InferParameter& value) {
    if (request_.num_inference_steps != 0) return Violate("comes beside its other name");
    if (const auto steps = Int32(value)) request_.num_inference_steps = *steps;
  }
  void Width(const InferParameter& value) {
    if (const auto width = Int32(value)) request_.width = *width;
  }
  void Height(const InferParameter& value) {
    if (const auto height = Int32(value)) request_.height = *height;
  }

  void Size(const InferParameter& value) {
    const std::pair<absl::string_view, absl::string_view> sides =
        absl::StrSplit(value.string_param(), absl::MaxSplits('x', 1));
    int32_t width = 0;
    int32_t height = 0;
    if (!absl::SimpleAtoi(sides.first, &width) || !absl::SimpleAtoi(sides.second, &height)) {
      return Violate("must be a text like 128x96");
    }
    if (request_.width != 0 || request_.height != 0) {
      return Violate("comes beside width or height");
    }
    request_.width = width;
    request_.height = height;
  }

  void Guidance(const InferParameter& value) {
    if (value.has_double_param()) {
      request_.guidance_scale = static_cast<float>(value.double_param());
    } else if (const auto whole = Whole(value)) {
      request_.guidance_scale = static_cast<float>(*whole);
    } else {
      Violate("must be a number");
    }
  }

  void Quality(const InferParameter& value) {
    if (const auto quality = Int32(value)) request_.output_quality = *quality;
  }

  void Format(const InferParameter& value) {
    const std::string name = absl::AsciiStrToLower(value.string_param());
    const auto format = model::ParseImageFormat(name);
    if (!format.ok() || model::TraitsOf(*format).name != name) {
      return Violate("must be raw, png, jpeg or webp");
    }
    request_.output_format = *format;
  }

  void Policy(const InferParameter& value) {
    const std::string& name = value.string_param();
    if (name != "fail" && name != "best_effort") return Violate("must be fail or best_effort");
    request_.deadline_policy = name == "fail" ? DeadlinePolicy::kFail : DeadlinePolicy::kBestEffort;
  }

  void SetPriority(const InferParameter& value) {
    const auto level = Whole(value);
    if (!level.has_value() || *level < 0) return Violate("must be a whole number from 0");
    request_.priority = *level > 1 ? Priority::kBatch : Priority::kInteractive;
  }

  void Timeout(const InferParameter& value) {
    const auto timeout = Whole(value);
    if (!timeout.has_value() || *timeout < 0) return Violate("must be microseconds from 0");
    if (*timeout > 0) request_.time_limit = absl::Microseconds(*timeout);
  }

 private:
  void Violate(absl::string_view what) {
    violations_.push_back({"parameters", absl::StrCat(name_, " ", what)});
  }

  static std::optional<int64_t> Whole(const InferParameter& value) {
    if (value.has_int64_param()) return value.int64_param();
    const uint64_t number = value.uint64_param();
    if (!value.has_uint64_param() || number > std::numeric_limits<int64_t>::max()) return {};
    return static_cast<int64_t>(number);
  }

  // Nothing, and a violation, for what does not fit.
  std::optional<int32_t> Int32(const InferParameter& value) {
    const auto whole = Whole(value);
    if (whole.has_value() && *whole >= std::numeric_limits<int32_t>::min() &&
        *whole <= std::numeric_limits<int32_t>::max()) {
      return static_cast<int32_t>(*whole);
    }
    Violate("must be a whole number of 32 bits");
    return {};
  }

  ImageRequest& request_;
  std::vector<FieldViolation>& violations_;
  const char* name_ = "";
};

constexpr Known kKnown[] = {
    {"seed", &ParameterReader::Seed},
    {"num_inference_steps", &ParameterReader::Steps},
    {"steps", &ParameterReader::Steps},
    {"width", &ParameterReader::Width},
    {"height", &ParameterReader::Height},
    {"size", &ParameterReader::Size},  // after both, to see them
    {"guidance_scale", &ParameterReader::Guidance},
    {"deadline_policy", &ParameterReader::Policy},
    {"format", &ParameterReader::Format},
    {"output_quality", &ParameterReader::Quality},
    {"priority", &ParameterReader::SetPriority},
    {"timeout", &ParameterReader::Timeout},
};

}  // namespace

void ReadInferenceParameters(const InferenceParameters& parameters, ImageRequest& request,
                             std::vector<FieldViolation>& violations) {
  ParameterReader reader(request, violations);
  size_t found = 0;
  for (const Known& known : kKnown) {
    const auto it = parameters.find(known.name);
    if (it == parameters.end()) continue;
    reader.Read(known, it->second);
    ++found;
  }
  if (found == parameters.size()) return;
  const std::string names = absl::StrJoin(
      kKnown, ", ", [](std::string* out, const Known& known) { out->append(known.name); });
  violations.push_back(
      {"parameters", absl::StrCat(parameters.size() - found, " unknown; there are: ", names)});
}

}  // namespace strobe::server
