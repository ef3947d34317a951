"""A sentence in the making: what it is to say, what it has said, and how words are put together."""

from illustrations import words


class Telling:
    """Only what `chosen` names is said, and of that only what the form of the sentence has a place for."""

    def __init__(self, chance, attributes, chosen):
        self.choice = chance.choice
        self.happens = chance.happens
        self.shuffled = chance.shuffled
        self.said = set()
        self._attributes = attributes
        self._chosen = chosen

    def __getitem__(self, key):
        return self._attributes[key]

    def wants(self, key):
        return key in self._chosen

    def says(self, key):
        """Whether the sentence is to say the key. If so, the caller now says it."""
        if self.wants(key):
            self.said.add(key)
        return self.wants(key)

    def word(self, key, table):
        """A word for the value if the sentence is to say it and the table has one, else ""."""
        return self.choice(table[self[key]]) if self[key] in table and self.says(key) else ""

    def color(self, key):
        return self.choice(words.COLORS.get(self[key], (self[key],))) if self.says(key) else ""

    def thing(self, key, table, color_key=None):
        """What the picture has, as "two yellow horns", or ""."""
        phrase = self.word(key, table)
        return filled(phrase, self.color(color_key) if color_key else "") if "{}" in phrase else phrase

    def noun(self):
        self.said.add("subject")
        return self.choice(words.NOUNS[self["subject"]])


def joined(*parts):
    """The parts that are not empty, with a space between them."""
    return " ".join(" ".join(parts).split())


def article(phrase):
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def filled(phrase, word):
    """The phrase with a word, or nothing, in its place: "a {} antenna" makes "an antenna" and "a red antenna"."""
    phrase = joined(phrase.format(word))
    return article(phrase[2:]) if phrase.startswith("a ") else phrase


def listed(things):
    """ "horns", "horns and stripes", "one eye, horns and stripes"; "" of nothing."""
    things = [thing for thing in things if thing]
    return " and ".join(part for part in (", ".join(things[:-1]), *things[-1:]) if part)
