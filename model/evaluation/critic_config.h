// critic.json: what a critic's weights are, and how well it tells attributes.

#ifndef STROBE_MODEL_EVALUATION_CRITIC_CONFIG_H_
#define STROBE_MODEL_EVALUATION_CRITIC_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/evaluation/picture_encoder.h"
#include "model/scenes/attribute_heads.h"

namespace strobe::model {

// How an attribute is told from true pictures to which it applies.
struct DetectorAccuracy {
  int64_t pictures = 0;
  int64_t right = 0;

  double share() const {
    return pictures > 0 ? static_cast<double>(right) / static_cast<double>(pictures) : 0.0;
  }
};

struct CriticConfig {
  PictureEncoder::Options encoder;
  AttributeHeads heads;                    // empty: it detects nothing
  std::vector<DetectorAccuracy> accuracy;  // of each head
  std::string measured_on;                 // what the accuracy was measured on
};

nlohmann::json CriticConfigJson(const CriticConfig& config);

// INVALID_ARGUMENT names everything that is wrong.
absl::StatusOr<CriticConfig> ReadCriticConfig(const nlohmann::json& json);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_CRITIC_CONFIG_H_
