"""The words of the captions: a closed list, with a few synonyms for each value of an attribute."""

# The other colours have their own name alone.
COLORS = {"purple": ("purple", "purple", "violet"), "teal": ("teal", "teal", "turquoise"), "gray": ("gray", "grey")}
MOODS = {
    "happy": ("happy", "happy", "smiling", "cheerful", "joyful"), "sad": ("sad", "sad", "unhappy", "gloomy"),
    "angry": ("angry", "angry", "grumpy", "furious"), "sleepy": ("sleepy", "sleepy", "sleeping", "drowsy"),
    "bored": ("bored", "bored", "unimpressed"),
    "surprised": ("surprised", "surprised", "shocked", "amazed"), "winking": ("winking",)}
MOODS_AT_THE_END = {
    "happy": ("smiling", "looking happy"), "sad": ("looking sad",), "angry": ("looking angry",),
    "sleepy": ("asleep", "looking sleepy"), "bored": ("looking bored",), "surprised": ("looking surprised",),
    "winking": ("winking",)}
SHAPES = {"round": ("round",), "square": ("square", "boxy"), "tall": ("tall", "thin"), "oval": ("oval",)}
PATTERNS = {
    "plain": ("plain",), "stripes": ("striped", "striped", "stripy"), "dots": ("spotted", "dotted"),
    "craters": ("cratered",), "cracks": ("cracked",)}
PATTERNS_WITH = {
    "stripes": ("stripes",), "dots": ("dots", "spots"), "craters": ("craters",), "cracks": ("cracks",),
    "continents": ("continents", "land and seas")}
NOUNS = {
    "monster": ("monster", "monster", "monster", "creature", "critter", "beast"),
    "planet": ("planet", "planet", "world", "globe"), "face": ("face", "face", "emoji"),
    "robot": ("robot", "robot", "robot", "bot", "android")}
PLANTS_OF_ANY_KIND = ("plant", "plant", "houseplant")
PLANTS = {
    "cactus": ("cactus",), "flower": ("flower", "flower", "daisy"), "tulip": ("tulip",),
    "palm": ("palm", "palm tree"), "bush": ("bush", "shrub"), "succulent": ("succulent", "aloe"),
    "sprout": ("sprout", "seedling")}
POTS = ("pot", "pot", "pot", "flowerpot")
# What monsters and robots have. {} is the place of a colour: it is said only with its thing.
TOPS = {
    "none": ("nothing on its head",), "horns": ("{} horns", "two {} horns"), "ears": ("{} ears", "two {} ears"),
    "antenna": ("a {} antenna", "one {} antenna"), "antennae": ("two {} antennae", "a pair of {} antennae"),
    "spikes": ("{} spikes", "{} spikes on its head"), "leaf": ("a {} leaf on its head",),
    "dish": ("a dish on its head", "a satellite dish"), "light": ("a light on its head", "a lamp on its head")}
EYES = {
    "one": ("one {} eye", "a single {} eye"), "two": ("two {} eyes",), "three": ("three eyes",),
    "four": ("four eyes",), "visor": ("a {} visor",)}
LIGHTS = ("{} lights", "glowing {} lights")
CHESTS = {
    "none": ("nothing on its chest",), "heart": ("a heart on its chest", "a heart"),
    "screen": ("a screen on its chest", "a screen on its belly")}
MOONS = {"none": ("no moons",), "one": ("a moon", "one moon"), "two": ("two moons",)}
HILLS = ("{} hills", "rolling {} hills", "a landscape of {} hills", "a {} landscape", "{} countryside")
# Words that people use and that no picture is held to.
FILLERS = ("cute", "little", "funny")
