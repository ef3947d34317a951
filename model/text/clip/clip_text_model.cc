#include "model/text/clip/clip_text_model.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sigmoid.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"
#include "model/layers/scaled_dot_product.h"

namespace strobe::model {
namespace {

struct Linear {
  Linear(StateDictLoader& loader, const std::string& name, int64_t in, int64_t out)
      : weight(loader.Take(name + ".weight", {out, in})),
        bias(loader.Take(name + ".bias", {out})) {}

  at::Tensor operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

  at::Tensor weight;
  at::Tensor bias;
};

struct LayerNorm {
  LayerNorm(StateDictLoader& loader, const std::string& name, const ClipTextConfig& config)
      : weight(loader.Take(name + ".weight", {config.hidden_size})),
        bias(loader.Take(name + ".bias", {config.hidden_size})),
        eps(config.layer_norm_eps) {}

  at::Tensor operator()(const at::Tensor& x) const {
    return at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
  }

  at::Tensor weight;
  at::Tensor bias;
  double eps;
};

// Causal self-attention over all positions, padding included.
struct SelfAttention {
  SelfAttention(StateDictLoader& loader, const std::string& name, const ClipTextConfig& config)
      : q_proj(loader, name + ".q_proj", config.hidden_size, config.hidden_size),
        k_proj(loader, name + ".k_proj", config.hidden_size, config.hidden_size),
        v_proj(loader, name + ".v_proj", config.hidden_size, config.hidden_size),
        out_proj(loader, name + ".out_proj", config.hidden_size, config.hidden_size),
        num_heads(config.num_attention_heads) {}

  at::Tensor operator()(const at::Tensor& x) const {
    const auto heads = [&](const at::Tensor& t) {  // [B, T, C] -> [B, heads, T, C / heads]
      return t.view({t.size(0), t.size(1), num_heads, -1}).transpose(1, 2);
    };
    const at::Tensor attended =
        ScaledDotProduct(heads(q_proj(x)), heads(k_proj(x)), heads(v_proj(x)), /*causal=*/true);
    return out_proj(attended.transpose(1, 2).reshape(x.sizes()));
  }

  Linear q_proj;
  Linear k_proj;
  Linear v_proj;
  Linear out_proj;
  int64_t num_heads;
};

struct EncoderLayer {
  EncoderLayer(StateDictLoader& loader, const std::string& name, const ClipTextConfig& config)
      : layer_norm1(loader, name + ".layer_norm1", config),
        self_attn(loader, name + ".self_attn", config),
        layer_norm2(loader, name + ".layer_norm2", config),
        fc1(loader, name + ".mlp.fc1", config.hidden_size, config.intermediate_size),
        fc2(loader, name + ".mlp.fc2", config.intermediate_size, config.hidden_size),
        quick_gelu(config.hidden_act == "quick_gelu") {}

  at::Tensor operator()(const at::Tensor& input) const {
    const at::Tensor x = input.add(self_attn(layer_norm1(input)));
    return x.add(fc2(Activate(fc1(layer_norm2(x)))));
  }

  at::Tensor Activate(const at::Tensor& x) const {
    constexpr double kQuickGeluSlope = 1.702;
    return quick_gelu ? x.mul(at::sigmoid(x.mul(kQuickGeluSlope))) : at::gelu(x);
  }

  LayerNorm layer_norm1;
  SelfAttention self_attn;
  LayerNorm layer_norm2;
  Linear fc1;
  Linear fc2;
  bool quick_gelu;
};

class ClipTextModelImpl : public ClipTextModel {
 public:
  ClipTextModelImpl(const ClipTextConfig& config, const std::string& prefix, Head head,
                    StateDictLoader& loader)
      : token_embedding_(loader.Take(prefix + "embeddings.token_embedding.weight",
                                     {config.vocab_size, config.hidden_size})),
        position_embedding_(loader.Take(prefix + "embeddings.position_embedding.weight",
                                        {config.max_position_embeddings, config.hidden_size})),
        final_layer_norm_(loader, prefix + "final_layer_norm", config),
        eos_token_id_(config.eos_token_id) {
    layers_.reserve(config.num_hidden_layers);
    for (int i = 0; i < config.num_hidden_layers; ++i) {
      layers_.emplace_back(loader, absl::StrCat(prefix, "encoder.layers.", i), config);
    }
    loader.Ignore(prefix + "embeddings.position_ids");
    if (head == Head::kProjection) {
      text_projection_ =
          loader.Take("text_projection.weight", {config.projection_dim, config.hidden_size});
    } else {
      loader.Ignore("text_projection.");
    }
  }

  ClipTextOutput Forward(const at::Tensor& input_ids) const override {
    ClipTextOutput output;
    at::Tensor x = at::embedding(token_embedding_, input_ids)
                       .add(position_embedding_.slice(0, 0, input_ids.size(1)));
    for (const EncoderLayer& layer : layers_) {
      output.penultimate = x;
      x = layer(x);
    }
    output.last_hidden_state = final_layer_norm_(x);
    if (text_projection_.defined()) {
      output.text_embeds =
          at::linear(EndState(input_ids, output.last_hidden_state), text_projection_);
    }
    return output;
  }

 private:
  // [B, hidden_size]: each row's state at its end token.
  at::Tensor EndState(const at::Tensor& input_ids, const at::Tensor& states) const {
    constexpr int kLegacyEndToken = 2;
    const at::Tensor ends =
        eos_token_id_ == kLegacyEndToken ? input_ids : input_ids.eq(eos_token_id_).to(at::kLong);
    const at::Tensor places = ends.argmax(-1).view({-1, 1, 1}).expand({-1, 1, states.size(2)});
    return states.gather(1, places).squeeze(1);
  }

  at::Tensor token_embedding_;
  at::Tensor position_embedding_;
  std::vector<EncoderLayer> layers_;
  LayerNorm final_layer_norm_;
  at::Tensor text_projection_;  // undefined: none
  int64_t eos_token_id_;
};

}  // namespace

absl::StatusOr<ClipTextConfig> ClipTextConfig::FromJson(const nlohmann::json& json) {
  JsonReader reader("CLIPTextModel", json, JsonReader::Null::kIsMissing);
  ClipTextConfig config;
  const auto read = [&](const char* key, int max, int& value) {
    value = static_cast<int>(reader.GetInt(key, value, {1, max}));
  };
  read("vocab_size", 1 << 22, config.vocab_size);
  read("hidden_size", 1 << 16, config.hidden_size);
  read("intermediate_size", 1 << 18, config.intermediate_size);
  read("num_hidden_layers", 512, config.num_hidden_layers);
  read("num_attention_heads", 1 << 10, config.num_attention_heads);
  read("max_position_embeddings", 1 << 16, config.max_position_embeddings);
  read("projection_dim", 1 << 16, config.projection_dim);
  if (config.hidden_size % config.num_attention_heads != 0) {
    reader.AddProblem("hidden_size",
                      absl::StrCat(config.hidden_size, " is not divisible by num_attention_heads ",
                                   config.num_attention_heads));
  }
  // Some files have a list here; only a projection looks at it.
  if (const auto* eos = reader.Find("eos_token_id"); eos != nullptr && eos->is_number_unsigned()) {
    config.eos_token_id = static_cast<int>(std::min<uint64_t>(eos->get<uint64_t>(), INT32_MAX));
  }
  config.layer_norm_eps = reader.GetDouble("layer_norm_eps", config.layer_norm_eps);
  if (!(config.layer_norm_eps > 0)) reader.AddMismatch("layer_norm_eps", "a number over 0");
  config.hidden_act = reader.GetChoice<std::string>(
      "hidden_act", {{"quick_gelu", "quick_gelu"}, {"gelu", "gelu"}}, config.hidden_act);
  STROBE_RETURN_IF_ERROR(reader.status());
  return config;
}

std::unique_ptr<ClipTextModel> ClipTextModel::Create(const ClipTextConfig& config, Head head,
                                                     StateDictLoader& loader) {
  const bool nested = loader.Contains("text_model.embeddings.token_embedding.weight");
  return std::make_unique<ClipTextModelImpl>(config, nested ? "text_model." : "", head, loader);
}

}  // namespace strobe::model
