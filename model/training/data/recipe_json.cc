#include "model/training/data/recipe_json.h"

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"

namespace strobe::model {
namespace {

// VisitFields calls `visit` with the key and the value of each field: the one list for reading and
// for writing.
template <typename Visit>
void VisitFields(DataRecipe& data, Visit& visit) {
  visit("domain", data.domain);
  visit("folder", data.folder);
  visit("num_pictures", data.num_pictures);
  visit("captions_per_picture", data.captions_per_picture);
  visit("captions", data.captions);
  visit("image_size", data.image_size);
}

template <typename Visit>
void VisitFields(NetworkRecipe& network, Visit& visit) {
  visit("latent_channels", network.latent_channels);
  visit("autoencoder_width", network.autoencoder_width);
  visit("decoder_blocks", network.decoder_blocks);
  visit("text_width", network.text_width);
  visit("text_layers", network.text_layers);
  visit("text_heads", network.text_heads);
  visit("text_positions", network.text_positions);
  visit("unet_channels", network.unet_channels);
  visit("unet_heads", network.unet_heads);
  visit("unet_norm_groups", network.unet_norm_groups);
  visit("max_merges", network.max_merges);
}

template <typename Visit>
void VisitFields(CriticNetworkRecipe& network, Visit& visit) {
  visit("widths", network.widths);
  visit("blocks", network.blocks);
}

template <typename Visit>
void VisitFields(DescentRecipe& descent, Visit& visit) {
  visit("steps", descent.steps);
  visit("batch_size", descent.batch_size);
  visit("learning_rate", descent.learning_rate);
  visit("warmup_steps", descent.warmup_steps);
  visit("flat_share", descent.flat_share);
  visit("beta2", descent.beta2);
  visit("weight_decay", descent.weight_decay);
  visit("ema_decay", descent.ema_decay);
  visit("micro_batches", descent.micro_batches);
}

template <typename Visit>
void VisitFields(TrainingRecipe& recipe, Visit& visit) {
  visit("seed", recipe.seed);
  visit("precision", recipe.precision);
  visit("data", recipe.data);
  visit("test_folder", recipe.test_folder);
  visit("pretraining_domain", recipe.pretraining_domain);
  visit("prediction_type", recipe.prediction_type);
  visit("network", recipe.network);
  visit("text", recipe.text);
  visit("autoencoder", recipe.autoencoder);
  visit("decoder", recipe.decoder);
  visit("teacher", recipe.teacher);
  visit("critic", recipe.critic);
  visit("critic_network", recipe.critic_network);
  visit("encoder_rate_scale", recipe.encoder_rate_scale);
  visit("text_rate_scale", recipe.text_rate_scale);
  visit("caption_dropout", recipe.caption_dropout);
  visit("pure_noise_share", recipe.pure_noise_share);
  visit("timestep_exponent", recipe.timestep_exponent);
  visit("guidance_scale", recipe.guidance_scale);
}

template <typename Visit>
void VisitFields(DistillationRecipe& recipe, Visit& visit) {
  visit("seed", recipe.seed);
  visit("precision", recipe.precision);
  visit("data", recipe.data);
  visit("method", recipe.method);
  visit("student", recipe.student);
  visit("step_counts", recipe.step_counts);
  visit("step_shares", recipe.step_shares);
  visit("guidance_scale", recipe.guidance_scale);
  visit("teacher_steps", recipe.teacher_steps);
  visit("gamma", recipe.gamma);
  visit("renoise", recipe.renoise);
  visit("backward_distillation", recipe.backward_distillation);
  visit("shifted_reconstruction", recipe.shifted_reconstruction);
  visit("noise_correction", recipe.noise_correction);
  visit("discriminator", recipe.discriminator);
  visit("real", recipe.real);
  visit("adversarial_share", recipe.adversarial_share);
  visit("adversarial_warmup", recipe.adversarial_warmup);
  visit("adversarial_ramp", recipe.adversarial_ramp);
  visit("discriminator_rate", recipe.discriminator_rate);
  visit("discriminator_updates", recipe.discriminator_updates);
  visit("spread_every", recipe.spread_every);
  visit("lora_rank", recipe.lora_rank);
}

// The integer that `value` is, also one that is written like 1e3; nothing: it is none that fits.
template <typename Int>
std::optional<Int> AsInteger(const nlohmann::json& value) {
  constexpr double kExact = int64_t{1} << 53;
  int64_t number = 0;
  if (value.is_number_unsigned()) {
    const auto positive = value.get<uint64_t>();
    return std::in_range<Int>(positive) ? std::optional<Int>(positive) : std::nullopt;
  }
  if (value.is_number_integer()) {
    number = value.get<int64_t>();
  } else {
    const double real = value.is_number_float() ? value.get<double>() : std::nan("");
    if (!(std::abs(real) <= kExact) || real != std::trunc(real)) return std::nullopt;
    number = static_cast<int64_t>(real);
  }
  return std::in_range<Int>(number) ? std::optional<Int>(number) : std::nullopt;
}

// What an entry of a list must be, and its value; nothing: it is something else.
template <typename Entry>
struct EntryOf;

template <>
struct EntryOf<int> {
  static constexpr char kWhat[] = "an integer";
  static std::optional<int> Read(const nlohmann::json& value) { return AsInteger<int>(value); }
};

template <>
struct EntryOf<double> {
  static constexpr char kWhat[] = "a number";
  static std::optional<double> Read(const nlohmann::json& value) {
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    return std::isfinite(number) ? std::optional<double>(number) : std::nullopt;
  }
};

template <>
struct EntryOf<std::array<double, 2>> {
  static constexpr char kWhat[] = "a list of two numbers";
  static std::optional<std::array<double, 2>> Read(const nlohmann::json& value) {
    if (!value.is_array() || value.size() != 2) return std::nullopt;
    const auto first = EntryOf<double>::Read(value[0]), second = EntryOf<double>::Read(value[1]);
    if (!first.has_value() || !second.has_value()) return std::nullopt;
    return std::array<double, 2>{*first, *second};
  }
};

// Reads what is there into fields that have their defaults.
class FieldReader {
 public:
  // What does not fit, unknown keys too, goes to the problems of `reader`.
  template <typename Fields>
  static void Read(JsonReader reader, Fields& fields) {
    FieldReader each(std::move(reader));
    VisitFields(fields, each);
    each.reader_.RefuseUnknownKeys();
  }

  void operator()(const char* key, bool& value) { value = reader_.GetBool(key, value); }
  void operator()(const char* key, double& value) { value = reader_.GetDouble(key, value); }
  void operator()(const char* key, std::string& value) { value = reader_.GetString(key, value); }

  template <std::integral Int>
  void operator()(const char* key, Int& value) {
    const nlohmann::json* const found = reader_.Find(key);
    if (found == nullptr) return;
    const std::optional<Int> number = AsInteger<Int>(*found);
    if (number.has_value()) {
      value = *number;
    } else {
      reader_.AddMismatch(key, absl::StrCat("an integer from ", std::numeric_limits<Int>::min(),
                                            " to ", std::numeric_limits<Int>::max()));
    }
  }

  template <typename Entry>
  void operator()(const char* key, std::vector<Entry>& value) {
    if (!reader_.Has(key)) return;
    std::vector<Entry> read;
    reader_.ForEach(key, [&](const std::string& name, const nlohmann::json& element) {
      const std::optional<Entry> entry = EntryOf<Entry>::Read(element);
      if (!entry.has_value()) {
        reader_.AddProblem(
            name, absl::StrCat("must be ", EntryOf<Entry>::kWhat, ", is ", ShowJson(element)));
      }
      read.push_back(entry.value_or(Entry{}));
    });
    value = read;
  }

  template <typename Fields>
  void operator()(const char* key, Fields& fields) {
    Read(reader_.GetObject(key), fields);
  }

 private:
  explicit FieldReader(JsonReader reader) : reader_(std::move(reader)) {}

  JsonReader reader_;
};

class FieldWriter {
 public:
  template <typename Fields>
  static nlohmann::json Write(Fields fields) {
    FieldWriter each;
    VisitFields(fields, each);
    return std::move(each.json_);
  }

  template <typename Value>
  void operator()(const char* key, Value& value) {
    if constexpr (requires(FieldWriter & writer) { VisitFields(value, writer); }) {
      json_[key] = Write(value);
    } else {
      json_[key] = value;
    }
  }

 private:
  nlohmann::json json_;
};

template <typename Recipe>
absl::Status Replace(const nlohmann::json& overrides, Recipe& recipe) {
  const JsonReader reader("recipe", overrides);
  FieldReader::Read(reader, recipe);
  return reader.status();
}

}  // namespace

absl::Status ReplaceFields(const nlohmann::json& overrides, TrainingRecipe& recipe) {
  return Replace(overrides, recipe);
}
absl::Status ReplaceFields(const nlohmann::json& overrides, DistillationRecipe& recipe) {
  return Replace(overrides, recipe);
}

nlohmann::json RecipeJson(const TrainingRecipe& recipe) { return FieldWriter::Write(recipe); }
nlohmann::json RecipeJson(const DistillationRecipe& recipe) { return FieldWriter::Write(recipe); }

}  // namespace strobe::model
