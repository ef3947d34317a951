// A hash that is the same on every machine and in every release.

#ifndef STROBE_BASE_FNV1A_H_
#define STROBE_BASE_FNV1A_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace strobe {

inline constexpr uint64_t kFnv1aBasis = 0xcbf29ce484222325ULL;

// Fowler, Noll, Vo: FNV-1a, 64 bits; draft-eastlake-fnv. `hash`: of the bytes before these. Against
// mistakes, not against attackers.
constexpr uint64_t Fnv1a(absl::string_view bytes, uint64_t hash = kFnv1aBasis) {
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace strobe

#endif  // STROBE_BASE_FNV1A_H_
