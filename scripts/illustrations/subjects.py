"""What the pictures show: what of a style's options becomes an attribute, and which options draw a value of it.

An attribute is what a reader would say, and sees at 96 pixels. The rest (where the sun stands, how a hill runs, which
of two frowns) is left to chance.
"""

import typing

from illustrations.colors import draw_other_color, draw_shades

# In the order of docs/training/illustrations.md. Every picture has all of them.
KEYS = ("subject", "color", "background", "mood", "pattern", "shape", "eyes", "top", "accent", "plant", "chest",
        "rings", "moons", "stars", "sun")


class Picture(typing.NamedTuple):
    attributes: dict  # value by key; None where it does not apply, or has no word
    variant: str      # what makes, with the colour, a pair that may be held out
    options: dict     # of dicebear, without the seed


# Value: the style's variants that show it. The value None has no word. No variants: the part is left out.
MONSTER_TOPS = {
    "none": (), "horns": ("horns", "hornsIn"), "ears": ("earsDroop",), "antenna": ("antenna", "bobble"),
    "antennae": ("antennae", "earsRound"), "spikes": ("spikes",), "leaf": ("sprout",)}
MONSTER_SHAPES = {
    "round": ("round", "squat"), "square": ("block",), "tall": ("tower", "chimney"),
    None: ("dome", "blob", "tilt", "lean", "peak", "bell", "wedge", "wedgeInv", "steps")}
MONSTER_MOUTHS = {
    "happy": ("smile", "grin", "laugh", "tongue"), "sad": ("frown",), "angry": ("frown", "zigzag", "teeth", "wavy"),
    "sleepy": ("line", "tinySmile", "dot"), "bored": ("line", "slant"), "surprised": ("ooh", "open"),
    "winking": ("smile", "grin", "laugh")}
TWO_EYES = {
    "happy": ("round", "dots", "bigPupils", "sideeye", "happy", "close"),
    "sad": ("round", "dots", "bigPupils", "close"), "angry": ("angry",), "sleepy": ("closedLine",),
    "bored": ("sleepy",), "surprised": ("round", "bigPupils", "wide"), "winking": ("wink",)}
# With another number of eyes than two there are fewer moods.
MONSTER_EYES = {
    "one": {"happy": ("mono",), "sad": ("mono",), "surprised": ("mono",), "bored": ("monoSleepy",)},
    "two": TWO_EYES,
    "three": dict.fromkeys(("happy", "sad", "surprised"), ("trio", "threeRow")),
    "four": dict.fromkeys(("happy", "sad", "surprised"), ("four",))}

PLANTS = {name: (name,) for name in ("cactus", "flower", "tulip", "palm", "bush", "succulent", "sprout")}
POT_SHAPES = {"round": ("round",), "square": ("cylinder",), None: ("taper", "bowl", "tub", "bag", "rim")}
POT_MOUTHS = {
    "happy": ("smile", "grin", "tongue"), "sad": ("frown",), "angry": ("frown", "wavy"),
    "sleepy": ("line", "tinySmile"), "bored": ("line",), "surprised": ("ooh", "open"), "winking": ("smile", "grin")}
LEAVES = ("#4ade80", "#86efac", "#22c55e", "#8fe03a")

FACE_SHAPES = {
    "round": ("circle",), "square": ("squircle", "softSquare"), "oval": ("wide", "tall"),
    None: ("hexagon", "bean", "pebble", "blob")}
FACE_EYES = {
    "happy": ("pupils", "bigPupils", "sparkle", "tallPupils", "lookSide", "lookUp", "happy"),
    "sad": ("pupils", "bigPupils", "sparkle", "lookDown"), "angry": ("angry",),
    "sleepy": ("closed",), "bored": ("sleepy", "calm"), "surprised": ("pupils", "bigPupils", "sparkle", "lookUp"),
    "winking": ("wink",)}
FACE_MOUTHS = {
    "happy": ("smile", "wide", "bigSmile", "smileOpen", "laugh", "tongue"), "sad": ("frown",),
    "angry": ("frown", "wavy", "teeth"), "sleepy": ("line", "gasp"), "bored": ("line",), "surprised": ("open", "gasp"),
    "winking": ("smile", "wide", "bigSmile", "tongue")}

PATTERNS = {"plain": (), "stripes": ("stripes",), "dots": ("dots",)}  # of illustrations/remix.py

SURFACES = {
    "plain": (), "stripes": ("banded", "belted"), "craters": ("cratered",), "continents": ("terra",),
    "cracks": ("cracked",), None: ("swirl", "marbled", "cap")}
MOONS = {"none": (), "one": ("one",), "two": ("two",)}

# From the horizon to the front; the two in the middle are samples of illustrations/colors.py.
LAND = {
    "green": ("#b0d2b0", "#84ae85", "#508659", "#2c5837"), "teal": ("#a3d2ce", "#55adab", "#2b898b", "#05585f"),
    "blue": ("#a9cdf0", "#74a7df", "#3f77bd", "#24508a"), "purple": ("#d0c3ea", "#a994d6", "#7a5fb5", "#4d3a80"),
    "brown": ("#dcc6a4", "#b98a61", "#8f6236", "#5f3d22"), "red": ("#f0b8ac", "#dd7468", "#b44a44", "#7a2b2e"),
    "pink": ("#f5c6d6", "#e795b3", "#cf6b95", "#8c3d5f"), "gray": ("#d5dade", "#a5adb4", "#767f88", "#4a525a")}

ROBOT_TOPS = {
    "none": (), "antenna": ("antenna",), "antennae": ("twin",), "dish": ("dish",), "light": ("siren", "lightbar")}
ROBOT_CHESTS = {"none": (), "heart": ("heart",), "screen": ("screen",), None: ("vents", "slot", "dial")}
GRILLS = ("grill", "speaker", "line", "zigzag")
# (eyes, mood): (variants of the eyes, of the mouth).
ROBOT_FACES = {
    ("two", "happy"): (("happy",), ("smile",)), ("two", "sleepy"): (("sleepy",), ("line",)),
    ("two", None): (("round", "square"), GRILLS), ("one", None): (("cyclops",), GRILLS),
    ("visor", None): (("visor",), GRILLS)}


def _part(chance, name, variants):
    if not variants:
        return {f"{name}Probability": 0}
    return {f"{name}Variant": chance.choice(variants), f"{name}Probability": 100}


def _pick(chance, table):
    """A value, but seldom None."""
    worded = [value for value in table if value is not None]
    return None if None in table and chance.happens(0.2) else chance.choice(worded)


def _place(chance, rooted=False):
    """Moves and scales a little; what is rooted stays at the lower edge."""
    return {"scale": round(chance.between(0.92, 1.0 if rooted else 1.04), 3),
            "translateX": round(chance.between(-4, 4), 2),
            "translateY": round(chance.between(0 if rooted else -3, 3), 2)}


def _pattern(chance, pattern, color):
    return {**_part(chance, "pattern", PATTERNS[pattern]), "patternColor": "#64748b" if color == "white" else "#ffffff"}


def monster(chance):
    background = draw_other_color(chance, "deep")
    color = draw_other_color(chance, "body", background)
    accent = draw_other_color(chance, "bright", background, color)
    top, shape, pattern = (_pick(chance, table) for table in (MONSTER_TOPS, MONSTER_SHAPES, PATTERNS))
    eyes = "two" if chance.happens(0.55) else chance.choice(("one", "three", "four"))
    mood = chance.choice(tuple(MONSTER_EYES[eyes]))
    attributes = {
        "subject": "monster", "color": color[0], "background": background[0], "mood": mood, "pattern": pattern,
        "shape": shape, "eyes": eyes, "top": top, "accent": None if top == "none" else accent[0]}
    options = {
        "backgroundColor": background[1], "bodyColor": color[1], "accentColor": accent[1],
        **_part(chance, "top", MONSTER_TOPS[top]), **_part(chance, "body", MONSTER_SHAPES[shape]),
        **_pattern(chance, pattern, color[0]), **_part(chance, "eyes", MONSTER_EYES[eyes][mood]),
        **_part(chance, "mouth", MONSTER_MOUTHS[mood]), **_place(chance, rooted=True)}
    return Picture(attributes, top, options)


def plant(chance):
    background = draw_other_color(chance, "deep", ("leaves", LEAVES[2]))
    color = draw_other_color(chance, "body", background)
    accent = draw_other_color(chance, "bloom", background)
    kind, shape, pattern = (_pick(chance, table) for table in (PLANTS, POT_SHAPES, PATTERNS))
    mood = chance.choice(tuple(TWO_EYES))
    attributes = {
        "subject": "plant", "color": color[0], "background": background[0], "mood": mood, "pattern": pattern,
        "shape": shape, "plant": kind, "accent": accent[0] if kind in ("flower", "tulip") else None}
    options = {
        "backgroundColor": background[1], "potColor": color[1], "bloomColor": accent[1],
        "plantColor": chance.choice(LEAVES), **_part(chance, "plant", PLANTS[kind]),
        **_part(chance, "pot", POT_SHAPES[shape]), **_pattern(chance, pattern, color[0]),
        **_part(chance, "eyes", TWO_EYES[mood]), **_part(chance, "mouth", POT_MOUTHS[mood]),
        **_place(chance, rooted=True)}
    return Picture(attributes, kind, options)


def planet(chance):
    background = draw_other_color(chance, "night")
    color = draw_other_color(chance, "planet", background)
    pattern, moons = _pick(chance, SURFACES), _pick(chance, MOONS)
    rings, stars = chance.happens(0.5), chance.happens(0.7)
    attributes = {
        "subject": "planet", "color": color[0], "background": background[0], "pattern": pattern,
        "rings": "yes" if rings else "no", "moons": moons, "stars": "yes" if stars else "no"}
    options = {
        "backgroundColor": background[1], "planetColor": color[1], **_part(chance, "surface", SURFACES[pattern]),
        **_part(chance, "moons", MOONS[moons]), "ringProbability": 100 * rings, "starProbability": 100 * stars,
        **_place(chance)}
    return Picture(attributes, pattern or "other", options)


def landscape(chance):
    background = draw_other_color(chance, "pastel")
    accent = draw_other_color(chance, "sun", background)
    color = draw_other_color(chance, "land", background)[0]
    sun = chance.happens(0.75)
    attributes = {
        "subject": "landscape", "color": color, "background": background[0], "sun": "yes" if sun else "no",
        "accent": accent[0] if sun else None}
    hills = enumerate(draw_shades(chance, color, LAND[color]), 1)
    options = {"backgroundColor": background[1], "orbColor": accent[1], "orbProbability": 100 * sun,
               **{f"hill{number}Color": shade for number, shade in hills}}
    return Picture(attributes, accent[0] if sun else "none", options)


def face(chance):
    background = draw_other_color(chance, "deep")
    color = draw_other_color(chance, "body", background)
    shape, mood = _pick(chance, FACE_SHAPES), chance.choice(tuple(FACE_EYES))
    attributes = {"subject": "face", "color": color[0], "background": background[0], "mood": mood, "shape": shape}
    options = {
        "backgroundColor": background[1], "faceColor": color[1], **_part(chance, "face", FACE_SHAPES[shape]),
        **_part(chance, "eyes", FACE_EYES[mood]), **_part(chance, "mouth", FACE_MOUTHS[mood]), **_place(chance),
        "rotate": round(chance.between(-8, 8), 2)}
    return Picture(attributes, mood, options)


def robot(chance):
    background = draw_other_color(chance, "pastel")
    color = draw_other_color(chance, "body", background, contrast=0.06)  # robots have dark edges
    accent = draw_other_color(chance, "glow", color)
    top, chest = _pick(chance, ROBOT_TOPS), _pick(chance, ROBOT_CHESTS)
    eyes, mood = chance.choice(tuple(ROBOT_FACES))
    eye_variants, mouths = ROBOT_FACES[eyes, mood]
    attributes = {
        "subject": "robot", "color": color[0], "background": background[0], "mood": mood, "eyes": eyes, "top": top,
        "accent": accent[0], "chest": chest}
    options = {
        "backgroundColor": background[1], "bodyColor": color[1], "glowColor": accent[1],
        **_part(chance, "top", ROBOT_TOPS[top]), **_part(chance, "chest", ROBOT_CHESTS[chest]),
        **_part(chance, "eyes", eye_variants), **_part(chance, "mouth", mouths), **_place(chance)}
    return Picture(attributes, top, options)


# Style: what it draws.
SUBJECTS = {"critters": monster, "sprouts": plant, "planets": planet, "landscape": landscape, "moods": face,
            "voxel-bot": robot}


def draw_picture(chance, style):
    picture = SUBJECTS[style](chance)
    return picture._replace(attributes={key: picture.attributes.get(key) for key in KEYS})
