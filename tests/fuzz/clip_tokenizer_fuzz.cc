// Any bytes as a prompt, and any bytes as the five files of a tokenizer folder.

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "model/text/clip/clip_tokenizer.h"

namespace strobe::model {
namespace {

std::string ReadText(const std::string& name) {
  std::ifstream file(STROBE_SOURCE_DIR "/model/students/tiny-shapes/tokenizer/" + name,
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

const ClipTokenizer& ShippedTokenizer() {
  static const ClipTokenizer* const tokenizer = new ClipTokenizer(
      ClipTokenizer::Create({ReadText("vocab.json"), ReadText("merges.txt"),
                             ReadText("special_tokens_map.json"), ReadText("tokenizer_config.json"),
                             ReadText("tokenizer.json")})
          .value());
  return *tokenizer;
}

void CheckEncoding(const ClipTokenizer& tokenizer, absl::string_view text) {
  const std::vector<int64_t> ids = tokenizer.Encode(text).input_ids;
  if (ids.size() != static_cast<size_t>(tokenizer.model_max_length())) std::abort();
  for (const int64_t id : ids) {
    if (id < 0 || id > tokenizer.largest_id()) std::abort();
  }
}

}  // namespace
}  // namespace strobe::model

// The first byte chooses; files are separated by form feeds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using strobe::model::ClipTokenizer;
  if (size == 0) return 0;
  const absl::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] != 'f') {
    strobe::model::CheckEncoding(strobe::model::ShippedTokenizer(), rest);
    return 0;
  }
  std::vector<std::string> files = absl::StrSplit(rest, '\f');
  files.resize(6);
  const auto tokenizer = ClipTokenizer::Create({files[0], files[1], files[2], files[3], files[4]});
  if (tokenizer.ok()) strobe::model::CheckEncoding(*tokenizer, files[5]);
  return 0;
}
