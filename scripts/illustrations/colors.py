"""The colour names of the illustrations, and colours whose name nobody doubts.

Colours are compared in OKLab, where equal distances look equally far apart. A colour has the name of the
nearest sample below, whatever the sample is used for.
"""

import math

# Use: {name: samples}. `body` is what things are made of, the others are what is behind them.
SAMPLES = {
    "body": {
        "red": ("#ef4d4d", "#e5484d"), "orange": ("#fb923c", "#fd9a4b"), "yellow": ("#fcd34d", "#fbdc62"),
        "green": ("#6fdc7f", "#4cc764"), "teal": ("#2fd0c2", "#14b8a6"), "blue": ("#60a5fa", "#4b8df0"),
        "purple": ("#a983f5", "#b794f6"), "pink": ("#f78fc0", "#f9a3cf"), "brown": ("#a9744f", "#9a6744"),
        "gray": ("#a3acb8", "#949ca8"), "white": ("#f1f4f8",)},
    "planet": {
        "red": ("#d9534f",), "orange": ("#e88b3a",), "yellow": ("#e8c147",), "green": ("#62b35f",),
        "teal": ("#1db5aa",), "blue": ("#4a8fe0",), "purple": ("#9a7be0",), "pink": ("#e27fae",),
        "brown": ("#9b6a48",), "gray": ("#979fab",)},
    "deep": {
        "red": ("#b91c1c", "#a91b2b"), "orange": ("#dd6110",), "green": ("#157a3c", "#1c7d2f"),
        "teal": ("#0f7a7a", "#0b6f7c"), "blue": ("#1d4ed8", "#1e5bb8"), "purple": ("#6d28d9", "#5b2ab0"),
        "pink": ("#c2256f", "#b3246f"), "brown": ("#70401f", "#64391d"), "gray": ("#535b66",), "black": ("#17181c",)},
    "pastel": {
        "blue": ("#b3def7", "#bcd8fa"), "purple": ("#d0c0f2",), "pink": ("#ffcbdb",), "orange": ("#ffcfa3",),
        "yellow": ("#fdeeb0", "#fbe9a0"), "green": ("#c2edc6",), "white": ("#f7f7f4",)},
    "bright": {
        "red": ("#ef4d4d",), "orange": ("#fb923c",), "yellow": ("#fcd34d",), "green": ("#6fdc7f",),
        "teal": ("#2fd0c2",), "blue": ("#60a5fa",), "purple": ("#a983f5",), "pink": ("#f78fc0",),
        "white": ("#f1f4f8",)},
    "bloom": {
        "red": ("#ef4d4d",), "orange": ("#fb923c",), "yellow": ("#fcd34d",), "blue": ("#60a5fa",),
        "purple": ("#a983f5",), "pink": ("#f78fc0",), "white": ("#f1f4f8",)},
    "sun": {
        "red": ("#ef4d4d",), "orange": ("#fb923c", "#f98a3a"), "yellow": ("#f7c52e", "#fcd034"),
        "pink": ("#f06aa9",)},
    "glow": {
        "red": ("#ff6464",), "yellow": ("#ffd43b",), "green": ("#69db7c",), "teal": ("#2fd8c8",),
        "blue": ("#6cb0fc",), "pink": ("#f78fd0",), "white": ("#f7f7f0",)},
    "night": {
        "blue": ("#14265f", "#182c6b"), "purple": ("#33186a",), "green": ("#0a3d2a",), "red": ("#55121f",),
        "black": ("#0f1014",)},
    "land": {
        "green": ("#84ae85", "#508659"), "teal": ("#55adab", "#2b898b"), "blue": ("#74a7df", "#3f77bd"),
        "purple": ("#a994d6", "#7a5fb5"), "brown": ("#b98a61", "#8f6236"), "red": ("#dd7468", "#b44a44"),
        "pink": ("#e795b3", "#cf6b95"), "gray": ("#a5adb4", "#767f88")},
}
# How much nearer, in OKLab, a drawn colour is to a sample of its own name than to any of another name.
MARGIN = 0.05
# How far a drawn colour strays from its sample in lightness and in each direction of colour.
STRAY = (0.025, 0.012)
# How far a thing is at least from what is behind it.
CONTRAST = 0.16


def oklab(color):
    """(L, a, b) of "#rrggbb"; L from 0 to 1."""
    linear = []
    for start in (1, 3, 5):
        value = int(color[start:start + 2], 16) / 255
        linear.append(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
    red, green, blue = linear
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
            1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
            0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short)


def hexadecimal(lab):
    """The nearest "#rrggbb" of an OKLab colour."""
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
              -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
              -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short)
    return "#" + "".join(f"{_byte(value):02x}" for value in linear)


def _byte(linear):
    value = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * min(max(value, 0), 1))


_PLACES = tuple((name, oklab(sample)) for use in SAMPLES.values() for name, samples in use.items()
                for sample in samples)
_SAMPLES = {sample for use in SAMPLES.values() for samples in use.values() for sample in samples}
NAMES = tuple(sorted({name for name, _ in _PLACES}))


def name_and_margin(color):
    """The name of "#rrggbb", and how much further the nearest sample of another name is."""
    place = oklab(color)
    nearest = {}
    for name, sample in _PLACES:
        distance = math.dist(place, sample)
        nearest[name] = min(distance, nearest.get(name, distance))
    first, second = sorted(nearest, key=nearest.get)[:2]
    return first, nearest[second] - nearest[first]


def draw_color(chance, use, name):
    """A colour for `use` that is called `name` with room to spare."""
    return draw_shades(chance, name, [chance.choice(SAMPLES[use][name])])[0]


def draw_shades(chance, name, shades):
    """The shades, all strayed by the same. Those that are samples are still called `name` with room to spare."""
    for _ in range(100):
        stray = [chance.between(-size, size) for size in (STRAY[0], STRAY[1], STRAY[1])]
        strayed = [hexadecimal([value + by for value, by in zip(oklab(shade), stray)]) for shade in shades]
        if all(_is_surely(name, new) for new, shade in zip(strayed, shades) if shade in _SAMPLES):
            return strayed
    raise AssertionError(f"no colour near {shades} is {name} without doubt")


def _is_surely(name, color):
    found, margin = name_and_margin(color)
    return found == name and margin >= MARGIN


def draw_other_color(chance, use, *behind, contrast=CONTRAST):
    """(name, colour) for `use` with another name than each (name, colour) of `behind`, that stands out from it."""
    taken = [name for name, _ in behind]
    while True:
        name = chance.choice([name for name in SAMPLES[use] if name not in taken])
        color = draw_color(chance, use, name)
        if all(math.dist(oklab(color), oklab(other)) >= contrast for _, other in behind):
            return name, color
