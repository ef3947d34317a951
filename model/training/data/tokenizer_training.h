// Makes a CLIP tokenizer for a small corpus.

#ifndef STROBE_MODEL_TRAINING_DATA_TOKENIZER_TRAINING_H_
#define STROBE_MODEL_TRAINING_DATA_TOKENIZER_TRAINING_H_

#include <cstdint>
#include <map>
#include <string>

#include "model/text/clip/clip_tokenizer_files.h"

namespace strobe::model {

// Word to how often it occurs; words are what CLIP's pre-tokenizer cuts (lower case, no spaces).
using WordCounts = std::map<std::string, int64_t>;

// Pictures whose captions are counted.
inline constexpr int64_t kTokenizerPictures = 2000;

// Adds the words of `caption` to `counts`.
void CountWords(const std::string& caption, WordCounts& counts);

// Merges the heaviest pair of neighbouring symbols, over and over, until every word is one token or
// there are `max_merges`. A word that occurs f times weighs 1 + f^0.3, ties go to the first pair in
// alphabetical order. The vocabulary is CLIP's: 256 byte symbols, the same with "</w>", the merges,
// start and end token; padding is the end token. The files load in transformers as CLIPTokenizer.
ClipTokenizerFiles TrainTokenizer(const WordCounts& words, int max_length, int max_merges);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DATA_TOKENIZER_TRAINING_H_
