#include "model/training/networks/mixed_precision.h"

#include <ATen/autocast_mode.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {

absl::StatusOr<Precision> ParsePrecision(absl::string_view name) {
  if (name == "float32") return Precision::kFloat32;
  if (name == "bfloat16") return Precision::kBFloat16;
  return absl::InvalidArgumentError(
      absl::StrCat("no precision '", name, "': there are float32 and bfloat16"));
}

Autocast::Autocast(Precision precision, at::DeviceType device)
    : device_(device),
      was_enabled_(at::autocast::is_autocast_enabled(device)),
      was_cached_(at::autocast::is_autocast_cache_enabled()) {
  at::autocast::set_autocast_dtype(device_, at::kBFloat16);
  at::autocast::set_autocast_enabled(device_, precision == Precision::kBFloat16);
  // A weight that was first cast without gradients would stay without them in the cache.
  at::autocast::set_autocast_cache_enabled(false);
}

Autocast::~Autocast() {
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_cache_enabled(was_cached_);
}

}  // namespace strobe::model
