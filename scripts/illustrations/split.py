"""Which pictures are kept out of training.

`train` and `test` share no pair of a variant and a colour. `critic` has all pairs: a detector that never saw a red
planet with cracks takes red for a sign that there are none.
"""

import hashlib

SPLITS = ("train", "test", "critic")
HELD_OUT = 0.05
# With these pairs every style has some that are held out.
SALT = "strobe illustrations 141"


def is_held_out(style, variant, color):
    """About HELD_OUT of the pairs, the same in every data set, whatever its seed."""
    digest = hashlib.sha256(f"{SALT}/{style}/{variant}/{color}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < HELD_OUT * 2 ** 64


def belongs_to(split, style, picture):
    return split == "critic" or is_held_out(style, picture.variant, picture.attributes["color"]) == (split == "test")
