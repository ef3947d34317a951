"""The sentences about each subject: which words stand where."""

from illustrations import words
from illustrations.telling import article, filled, joined, listed


def _described(telling, adjectives, things):
    """ "a sad purple monster with horns", or "something sad and purple" when the sentence is not to say what it is."""
    adjectives = [adjective for adjective in adjectives if adjective]
    things = telling.shuffled([thing for thing in things if thing])
    things = listed(sorted(things, key=lambda thing: thing.startswith("no")))  # what is not there comes last
    having = f"{'that has' if telling.happens(0.12) else 'with'} {things}" if things else ""
    if not telling.wants("subject"):
        return joined("something", listed(adjectives), having)
    if adjectives and telling.happens(0.08):
        return joined(article(telling.noun()), "that is", listed(adjectives), having.replace("that has", "with"))
    filler = telling.choice(words.FILLERS) if telling.happens(0.05) else ""
    return joined(article(joined(filler, *adjectives, telling.noun())), having)


def _on_background(telling, sentence, tone=""):
    """The sentence with the colour behind the subject at its end, or before it."""
    color = telling.color("background")
    if not color:
        return sentence
    if tone and color != "white" and telling.happens(0.3):
        color = f"{tone} {color}"
    behind = telling.choice((f"on {color}", f"on {article(color)} background", f"against {article(color)} background",
                             f"in front of {article(color)} wall"))
    return f"{behind}, {sentence}" if telling.happens(0.15) else f"{sentence} {behind}"


def _mood(telling):
    """(word before a noun, end of the sentence): the mood is in one of them, or in none."""
    if not telling.happens(0.35):
        return telling.word("mood", words.MOODS), ""
    ending = telling.word("mood", words.MOODS_AT_THE_END)
    return "", f", {ending}" if ending else ""


def _pattern(telling):
    """(word before a noun, thing that the subject has): the pattern is one of them, or none."""
    value = telling["pattern"]
    if value not in words.PATTERNS or value in words.PATTERNS_WITH and telling.happens(0.25):
        return "", telling.word("pattern", words.PATTERNS_WITH)
    return telling.word("pattern", words.PATTERNS), ""


def _monster(telling):
    mood, ending = _mood(telling)
    pattern, marks = _pattern(telling)
    adjectives = [mood, telling.word("shape", words.SHAPES), *telling.shuffled([pattern, telling.color("color")])]
    things = [telling.thing("eyes", words.EYES), telling.thing("top", words.TOPS, "accent"), marks]
    return _on_background(telling, _described(telling, adjectives, things)) + ending


def _face(telling):
    mood, ending = _mood(telling)
    adjectives = [mood, telling.word("shape", words.SHAPES), telling.color("color")]
    return _on_background(telling, _described(telling, adjectives, [])) + ending


def _robot(telling):
    adjectives = [telling.word("mood", words.MOODS), telling.color("color")]
    eyes = telling.thing("eyes", words.EYES, "accent")
    if not eyes and telling.wants("accent"):
        eyes = telling.choice(words.LIGHTS).format(telling.color("accent"))
    things = [eyes, telling.thing("top", words.TOPS), telling.word("chest", words.CHESTS)]
    return _on_background(telling, _described(telling, adjectives, things), tone="light")


def _plant(telling):
    telling.said.add("subject")
    mood, ending = _mood(telling)
    kind = telling.word("plant", words.PLANTS)
    kind = joined(telling.color("accent"), kind) if kind else telling.choice(words.PLANTS_OF_ANY_KIND)
    pot = joined(telling.word("shape", words.SHAPES),
                 *telling.shuffled([telling.word("pattern", words.PATTERNS), telling.color("color")]))
    if telling.happens(0.4):
        pot, mood = joined(mood, pot), ""
    noun = telling.choice(words.POTS)
    if not pot and telling.happens(0.6):
        sentence = article(joined(mood, "potted", kind))
    elif pot and not mood and telling.happens(0.2):
        sentence = f"{article(pot)} {noun} with {article(kind)}"
    else:
        sentence = f"{article(joined(mood, kind))} in {article(joined(pot, noun))}"
    return _on_background(telling, sentence) + ending


def _planet(telling):
    pattern, marks = _pattern(telling)
    ringed, rings = "", ""
    if telling.says("rings"):
        ringed, rings = ("", "no rings") if telling["rings"] == "no" else telling.choice(
            (("ringed", ""), ("ringed", ""), ("", "rings"), ("", "a ring")))
    adjectives = [ringed, *telling.shuffled([pattern, telling.color("color")])]
    things = [marks, rings, telling.word("moons", words.MOONS)]
    return joined(_described(telling, adjectives, things), _space(telling))


def _space(telling):
    """Where a planet is."""
    color = telling.color("background")
    if color not in ("", "black") and telling.happens(0.4):
        color = f"dark {color}"
    sky = joined(color, "sky")
    if not telling.says("stars"):
        return f"{telling.choice(('in', 'against'))} {article(sky)}" if color else ""
    if telling["stars"] == "no":
        return telling.choice((f"in an empty {sky}", f"in {article(sky)} without stars"))
    if color:
        return telling.choice((f"among stars in {article(sky)}", f"in a starry {sky}"))
    return telling.choice(("among stars", "in a starry sky", "surrounded by stars"))


def _landscape(telling):
    color, above = telling.color("color"), _above_the_land(telling)
    if above and not color and not telling.wants("subject"):
        return above
    telling.said.add("subject")
    hills = filled(telling.choice(words.HILLS), color)
    if not above:
        sentence = hills
    elif telling.happens(0.25):
        sentence = f"{above} {telling.choice(('over', 'above'))} {hills}"
    else:
        sentence = f"{hills} {telling.choice(('under', 'below'))} {above}"
    return f"{sentence} without a sun" if telling["sun"] == "no" and telling.says("sun") else sentence


def _above_the_land(telling):
    """ "an orange sun in a blue sky", one of both, or ""."""
    sky = telling.color("background")
    if sky:
        sky = article(joined("pale" if sky != "white" and telling.happens(0.3) else "", sky, "sky"))
    if telling["sun"] == "no" or not telling.says("sun"):
        return sky
    sun = article(joined(telling.color("accent"), "sun"))
    return f"{sun} in {sky}" if sky else sun


TELL = {"monster": _monster, "plant": _plant, "planet": _planet, "landscape": _landscape, "face": _face,
        "robot": _robot}
