#!/usr/bin/env python3
"""Makes tests/model/text/clip/testdata/*.json: token ids of transformers' fast CLIPTokenizer.

Needs transformers 5.23 (pip install transformers==5.23.0); no network. Run from anywhere:

    scripts/make_tokenizer_goldens.py

Each output file is one tokenizer folder with the ids of every text below. All folders share the
vocabulary and merges of the shipped student and differ in how they name the special tokens, as
published models do, and in their length. A case whose ids are those of the first folder is left out
of the others. `fuzzed.json` has random strings instead: of pieces that matter to the tokenizer, and of
every kind of character that Unicode 14 has (newer ones depend on the Unicode library's age).
"""

import json
import pathlib
import random
import shutil
import tempfile
import unicodedata

from transformers import AutoTokenizer, CLIPTokenizer

ROOT = pathlib.Path(__file__).resolve().parent.parent
STUDENT = ROOT / "model/students/tiny-shapes/tokenizer"
OUTPUT = ROOT / "tests/model/text/clip/testdata"

BOS, EOS = "<|startoftext|>", "<|endoftext|>"

TEXTS = [
    "",
    " ",
    "\t\n\r\x0b\x0c",
    "a large red circle on a white background",
    "a small blue star at the top on a yellow background",
    "green ring, black background",
    "A PHOTO OF A CAT",
    "A Photo Of A Cat wearing a Hat",
    "photo  of\ta\n\ncat   ",
    "   leading and trailing   ",
    "a photo of a cat, highly detailed, 8k, artstation",
    "hello, world! how are you?",
    "wait... what?!",
    "(((masterpiece))), [best quality], {ultra} <lora:x:0.8>",
    "it's a dog's life, they're here, i've won, i'm in, we'll go, she'd run, don't",
    "IT'S A DOG'S LIFE, THEY'RE HERE, DON'T",
    "'s't're've'm'll'd",
    "''s '' 'x 'sun 'ring",
    "rock 'n' roll",
    "it\u2019s a dog\u2019s life",
    "\u2018single\u2019 \u201cdouble\u201d",
    "1234567890",
    "3 cats and 42 dogs in 1999",
    "1st 2nd 3rd 10th",
    "3.14159 and 1,000,000 or 50%",
    "v1.5-final_v2",
    "x2y3z",
    "\u00bd \u2167 \u00b2 \u0663\u0664\u0665 \u4e03",
    "\u2460\u2461\u2462",
    "a 😀 smiling 😀😀 face",
    "👨‍👩‍👧‍👦 family",
    "🇩🇪 flag 👍🏽",
    "❤️ heart \u2764",
    "caf\u00e9",
    "cafe\u0301",
    "CAFE\u0301 CAF\u00c9",
    "\u00e5ngstr\u00f6m \u00c5NGSTR\u00d6M A\u030angstro\u0308m \u212bngstr\u00f6m",
    "na\u00efve fa\u00e7ade \u00fcber stra\u00dfe STRASSE STRA\u1e9eE",
    "q\u0307\u0323 q\u0323\u0307",
    "a\u0301\u0302\u0303b",
    "\u0301lone combining mark",
    "vi\u1ec7t nam Vi\u00ea\u0323t Nam",
    "\u732b\u306e\u5199\u771f",
    "\u4e00\u53ea\u732b cat \u5728\u8349\u5730\u4e0a",
    "\u30ab\u30bf\u30ab\u30ca \u3072\u3089\u304c\u306a \uff76\uff9e",
    "\u304b\u3099 \u304c",
    "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "\u0440\u0443\u0441\u0441\u043a\u0438\u0439 \u0422\u0415\u041a\u0421\u0422 \u0438\u0306",
    "\u03b5\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3",
    "\u03a3 \u03a3\u03a3 \u03c2\u03c3 \u03a3.",
    "\u0639\u0631\u0628\u064a \u05e2\u05d1\u05e8\u05d9\u05ea",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22",
    "\uff21\uff22\uff23 \uff41\uff42\uff43 \uff11\uff12\uff13 \uff01\uff1f",
    "\ufb01ne \ufb02ow \ufb00 \ufb06",
    "\u0130stanbul \u0131 I i",
    "\u01c5 \u01c4 \u01c6 \u1e9e \u017f",
    "\u1f88 \u1ffc \u2126",
    "no\u00a0break\u00a0space",
    "thin\u2009space\u202fnarrow\u3000ideographic\u1680ogham",
    "line\u2028sep\u2029para\u0085nel",
    "zero\u200bwidth\u200cnon\u200djoiner\ufeffbom",
    "soft\u00adhyphen word\u2060joiner",
    "left\u200eto\u200fright\u202etoo",
    "unit\x1fsep\x1e\x1d\x1c end",
    "nul\x00byte and \x01\x02\x7f control",
    "\x85 \x9f \xa0",
    "\ufffd replacement \ufffe\uffff",
    "\U0001d400\U0001d401 \U0001f100 \U00020000 \U0010ffff",
    "\ue000 private use",
    "<|endoftext|>",
    "<|startoftext|>",
    "a <|endoftext|> b",
    "a<|endoftext|>b<|startoftext|>c",
    "A <|ENDOFTEXT|> B <|StartOfText|> c",
    "a <|endoftext|><|endoftext|> !<|ENDOFTEXT|>!! 's<|ENDOFTEXT|>'s",
    "<|endoftext <endoftext> |endoftext|> <| endoftext |>",
    "cafe<|endoftext|>\u0301 x",
    " <|startoftext|> spaces around  <|endoftext|>  ",
    "<|endof\u00adtext|> <|endoftext|\u200b>",
    "!",
    "!!!",
    "a !!! b!",
    "wow!what!!a<|endoftext|>!star",
    "!\u0301 \u00a1 \uff01 \u203c",
    "#hashtag @mention $5 %20 ^_^ &amp; *star* ~tilde `code`",
    "a-b_c/d\\e|f+g=h",
    "https://example.com/a?b=c&d=e#f",
    "\"quoted\" 'single' `back`",
    "\u2014 em \u2013 en \u2026 \u2022 bullet \u2122 \u00ae \u00a9 \u20ac",
    "\u2190\u2192 \u2200\u2203 \u222b \u221e",
    "\u2500\u2502\u250c \u2588\u2593",
    "</w> a</w> \u0120 \u010a \u0100",
    "\u00aa \u00ba \u00b5 \u00d7 \u00f7",
    "supercalifragilisticexpialidocious",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "onononon thethethe ingingingring",
    "backgroundbackground whitewhite",
    "red red red red red red red red red red red red red red red red red red red red red red",
    "red red red red red red red red red red red red red red red red red red red red red red red",
    "a very long prompt about a large red circle and a small blue star and a green ring and more",
    "red\U0001f534circle\U0001f535star",
    "z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034da",
]


NUM_FUZZED = 2100
PIECES = [
    BOS, EOS, "<|ENDOFTEXT|>", "'s", "'RE", "'ll", "!", " ", "  ", "\t", "\n", "\u00e9", "e\u0301", "\u00c9", "\u0130",
    "\u00df", "\u1e9e", "\u03c2", "\u03a3", "\ufb01", "\uff11", "\u00bd", "\u732b", "\u304b\u306a", "\u3099", "\ud55c",
    "\u1112", "\u1161", "\u11ab", "\U0001f600", "\u200b", "\u00ad", "\ufeff", "\u00a0", "\u3000", "\x1f", "\x00", "1",
    "23", "456", "cat", "DOG", "Photo", "of", "a", "-", "_", ".", ",", "(", ")", "<|", "|>", "</w>", "ing", "\u01c5",
    "\u0345", "\u0307", "i\u0307", "\u1e9b\u0323", "red", "circle", "BACKGROUND", "star",
]


def fuzzed_texts():
    rng = random.Random(1)
    by_category = {}
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        if category not in ("Cn", "Cs"):
            by_category.setdefault(category, []).append(chr(code))
    character = lambda: rng.choice(by_category[rng.choice(sorted(by_category))])
    texts = []
    while len(texts) < NUM_FUZZED:
        of_pieces = rng.random() < 0.6
        texts.append("".join(rng.choice(PIECES) if of_pieces and rng.random() < 0.8 else character()
                             for _ in range(rng.randrange(1, 10))))
    return texts


def token(content, normalized):
    return {"content": content, "lstrip": False, "normalized": normalized, "rstrip": False,
            "single_word": False}


def typed(content, normalized):
    return {"__type": "AddedToken", **token(content, normalized)}


def variants():
    """Name -> (changes to tokenizer_config.json, special_tokens_map.json, keep tokenizer.json)."""
    plain_map = {"bos_token": BOS, "eos_token": EOS, "unk_token": EOS, "pad_token": EOS}
    normalized_map = {"bos_token": token(BOS, True), "eos_token": token(EOS, True),
                      "unk_token": token(EOS, True)}
    normalized_config = {"bos_token": typed(BOS, True), "eos_token": typed(EOS, True),
                         "unk_token": typed(EOS, True), "pad_token": EOS}
    decoder = {"0": {**token("!", False), "special": True},
               "681": {**token(BOS, False), "special": True},
               "682": {**token(EOS, True), "special": True}}
    return {
        "shipped": ({}, plain_map, True),
        # As the SD1.5 files have it.
        "pad_end_of_text": ({**normalized_config, "model_max_length": 77}, {**normalized_map, "pad_token": EOS},
                            False),
        # As the SD2 files have it: the config and the map disagree about the pad token.
        "pad_exclamation": ({**normalized_config, "model_max_length": 77},
                            {**normalized_map, "pad_token": "!"}, False),
        # The same map beside a tokenizer.json, whose spelling of the special tokens wins.
        "pad_exclamation_with_tokenizer_json": ({}, {**normalized_map, "pad_token": "!"}, True),
        # With added_tokens_decoder the map is not read.
        "added_tokens_decoder": ({"pad_token": "!", "added_tokens_decoder": decoder}, plain_map,
                                 False),
    }


def make_folder(folder, config_changes, special_tokens_map, keep_tokenizer_json):
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(STUDENT / name, folder)
    if keep_tokenizer_json:
        shutil.copy(STUDENT / "tokenizer.json", folder)
    config = json.loads((STUDENT / "tokenizer_config.json").read_text())
    config.update(config_changes)
    texts = {"tokenizer_config.json": json.dumps(config),
             "special_tokens_map.json": json.dumps(special_tokens_map)}
    for name, text in texts.items():
        (folder / name).write_text(text)
    return texts


def encode(tokenizer, text):
    ids = tokenizer(text, max_length=tokenizer.model_max_length, truncation=True,
                    padding="max_length").input_ids
    whole = tokenizer(text, truncation=False, padding=False).input_ids
    return {"text": text, "input_ids": ids, "truncated": len(whole) > len(ids)}


def write(name, texts, keep_tokenizer_json, cases):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    golden = json.dumps({"keep_tokenizer_json": keep_tokenizer_json, **texts}, indent=1)
    (OUTPUT / f"{name}.json").write_text(golden[:-2] + ',\n "cases": [\n' + lines + "\n ]\n}\n")
    print(f"{name}: {len(cases)} cases")


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    first = None
    for name, (config, special_tokens_map, keep_tokenizer_json) in variants().items():
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            texts = make_folder(folder, config, special_tokens_map, keep_tokenizer_json)
            tokenizer = CLIPTokenizer.from_pretrained(folder)
            cases = [encode(tokenizer, text) for text in TEXTS]
            automatic = AutoTokenizer.from_pretrained(folder)
            assert cases == [encode(automatic, text) for text in TEXTS], name
        if name == "pad_exclamation":
            write("fuzzed", texts, keep_tokenizer_json, [encode(tokenizer, text) for text in fuzzed_texts()])
        if first is None:
            first = cases
        else:
            cases = [case for case, other in zip(cases, first) if case != other]
        write(name, texts, keep_tokenizer_json, cases)


if __name__ == "__main__":
    main()
