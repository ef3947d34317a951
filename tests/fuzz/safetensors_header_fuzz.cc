// Any bytes as a safetensors file: what is accepted lies inside them, without overlap.

#include <cstdint>
#include <cstdlib>

#include "model/weights/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto header =
      strobe::model::ParseSafetensorsHeader({reinterpret_cast<const char*>(data), size});
  if (!header.ok()) return 0;
  uint64_t position = 0;
  for (const strobe::model::SafetensorsEntry& entry : header->entries) {
    if (entry.begin != position || entry.end < entry.begin) std::abort();
    position = entry.end;
  }
  if (header->data_begin + position != size) std::abort();
  return 0;
}
