"""Chance that is the same for the same text, on every machine and with every Python."""

import random


class Chance:
    """Only random() of Python's generators is promised to stay as it is: everything is made of it."""

    def __init__(self, text):
        self._random = random.Random(text).random

    def choice(self, items):
        return items[int(self._random() * len(items))]

    def happens(self, probability):
        return self._random() < probability

    def between(self, low, high):
        return low + (high - low) * self._random()

    def shuffled(self, items):
        left = list(items)
        return [left.pop(int(self._random() * len(left))) for _ in items]
