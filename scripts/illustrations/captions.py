"""Captions: true sentences about a picture, each of which leaves about half of it open."""

from illustrations.sentences import TELL
from illustrations.subjects import KEYS
from illustrations.telling import Telling

CAPTIONS = 5  # of a picture
# Words and commas of a sentence; with its two ends that makes 24 tokens.
LONGEST = 22
SAID = 0.5
SAID_OF_SUBJECT = 0.95
# What a reader takes for granted is said less often.
SAID_OF_THE_USUAL = 0.2
USUAL = {("pattern", "plain"), ("eyes", "two"), ("top", "none"), ("chest", "none"), ("rings", "no"), ("moons", "none"),
         ("stars", "no"), ("sun", "no")}
OPENINGS = ("a picture of", "a drawing of", "an illustration of")


def captions_of(chance, attributes):
    """CAPTIONS sentences, as {"text": sentence, "says": [the keys whose values it states]}."""
    captions = []
    for _ in range(CAPTIONS):
        caption = _caption(chance, attributes)
        for _ in range(4):
            if caption not in captions:
                break
            caption = _caption(chance, attributes)
        captions.append(caption)
    return captions


def _caption(chance, attributes):
    while True:
        telling = Telling(chance, attributes, _chosen(chance, attributes))
        sentence = _opened(chance, TELL[attributes["subject"]](telling))
        if tokens(sentence) <= LONGEST:
            return {"text": sentence, "says": [key for key in KEYS if key in telling.said]}


def tokens(sentence):
    return len(sentence.replace(",", " ,").split())


def _chosen(chance, attributes):
    """The keys that a sentence should say something about."""
    chosen = set()
    for key, value in attributes.items():
        often = SAID_OF_SUBJECT if key == "subject" else SAID_OF_THE_USUAL if (key, value) in USUAL else SAID
        if chance.happens(often) and value is not None:
            chosen.add(key)
    return chosen


def _opened(chance, sentence):
    """The sentence, at times behind "a picture of" or without its first article."""
    if chance.happens(0.06):
        return f"{chance.choice(OPENINGS)} {sentence}"
    first, _, rest = sentence.partition(" ")
    return rest if first in ("a", "an") and chance.happens(0.12) else sentence
