#include "model/text/clip/clip_pre_tokenizer.h"

#include <cstdint>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "absl/strings/match.h"

namespace strobe::model {
namespace {

enum class CharacterClass { kSpace, kLetter, kNumber, kOther };

CharacterClass ClassOf(UChar32 c) {
  if (u_isUWhiteSpace(c)) return CharacterClass::kSpace;
  const uint32_t category = U_GET_GC_MASK(c);
  if ((category & U_GC_L_MASK) != 0) return CharacterClass::kLetter;
  if ((category & U_GC_N_MASK) != 0) return CharacterClass::kNumber;
  return CharacterClass::kOther;
}

// Reads one character of valid UTF-8 and moves `position` behind it.
UChar32 NextCharacter(absl::string_view text, std::size_t& position) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  auto at = static_cast<int64_t>(position);
  UChar32 c;
  U8_NEXT_OR_FFFD(bytes, at, static_cast<int64_t>(text.size()), c);
  position = static_cast<std::size_t>(at);
  return c;
}

icu::UnicodeString ToNfc(absl::string_view text) {
  const auto utf16 = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error)) return utf16;
  icu::UnicodeString result = nfc->normalize(utf16, error);
  return U_SUCCESS(error) ? result : utf16;
}

std::size_t ContractionLength(absl::string_view text) {
  for (const char* contraction : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (absl::StartsWith(text, contraction)) return absl::string_view(contraction).size();
  }
  return 0;
}

// The length of the run of characters of `wanted` that `text` starts with.
std::size_t RunLength(absl::string_view text, CharacterClass wanted) {
  std::size_t end = 0;
  for (std::size_t next = 0; next < text.size(); end = next) {
    if (ClassOf(NextCharacter(text, next)) != wanted) break;
  }
  return end;
}

}  // namespace

std::string NormalizeForClip(absl::string_view text) {
  const icu::UnicodeString nfc = ToNfc(text);
  icu::UnicodeString result;
  bool in_space = false;
  for (int32_t i = 0; i < nfc.length(); i = nfc.moveIndex32(i, 1)) {
    const UChar32 c = nfc.char32At(i);
    const bool space = u_isUWhiteSpace(c);
    if (space && !in_space) result.append(UChar32{' '});
    in_space = space;
    if (space) continue;
    // The only character whose lower case is two characters.
    constexpr UChar32 kDottedCapitalI = 0x130;
    constexpr UChar32 kCombiningDotAbove = 0x307;
    result.append(c == kDottedCapitalI ? UChar32{'i'} : u_tolower(c));
    if (c == kDottedCapitalI) result.append(kCombiningDotAbove);
  }
  std::string utf8;
  result.toUTF8String(utf8);
  return utf8;
}

std::vector<absl::string_view> SplitForClip(absl::string_view normalized) {
  std::vector<absl::string_view> words;
  const auto take = [&](std::size_t length) {
    words.push_back(normalized.substr(0, length));
    normalized.remove_prefix(length);
  };
  while (!normalized.empty()) {
    if (absl::StartsWith(normalized, "<|startoftext|>") ||
        absl::StartsWith(normalized, "<|endoftext|>")) {
      take(2);
      take(normalized.find('|'));
      take(2);
      continue;
    }
    if (const std::size_t length = ContractionLength(normalized); length > 0) {
      take(length);
      continue;
    }
    std::size_t first = 0;
    const CharacterClass kind = ClassOf(NextCharacter(normalized, first));
    if (kind == CharacterClass::kSpace) {
      normalized.remove_prefix(first);
    } else {
      take(kind == CharacterClass::kNumber ? first : RunLength(normalized, kind));
    }
  }
  return words;
}

}  // namespace strobe::model
