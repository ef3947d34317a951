"""Reads the pictures of the shipped student: which shape, in which colour, where, on what."""

import statistics

COLOURS = {
    "red": (220, 40, 40), "orange": (245, 140, 30), "yellow": (245, 220, 50), "green": (40, 160, 70),
    "blue": (45, 85, 215), "purple": (135, 60, 170), "black": (20, 20, 20), "white": (245, 245, 245),
    "gray": (128, 128, 128), "pink": (245, 160, 190), "cyan": (70, 205, 215),
}
GRID = 24  # cells a side on which shapes are compared


def nearest_colour(rgb):
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(COLOURS[name], rgb)))


def median_colour(pixels):
    return tuple(statistics.median(p[c] for p in pixels) for c in range(3))


def inside(shape, x, y):
    """Whether (x, y) in -1..1, y down, lies in the shape that fills the square -1..1."""
    radius = (x * x + y * y) ** 0.5
    if shape == "circle":
        return radius <= 1
    if shape == "ring":
        return 0.55 <= radius <= 1
    if shape == "square":
        return True
    if shape == "triangle":
        return abs(x) <= (y + 1) / 2
    raise ValueError(shape)


class Picture:
    """A picture of one object on a plain background, from raw RGB bytes."""

    def __init__(self, data, width, height):
        assert len(data) == width * height * 3, (len(data), width, height)
        self.width, self.height = width, height
        self.pixels = [tuple(data[i:i + 3]) for i in range(0, len(data), 3)]
        border = [self.at(x, y) for x in range(width) for y in range(height)
                  if min(x, y, width - 1 - x, height - 1 - y) < 3]
        ground = median_colour(border)
        distance = [sum(abs(a - b) for a, b in zip(p, ground)) for p in self.pixels]
        threshold = max(30, sorted(distance)[int(0.98 * len(distance))] / 2)
        self.mask = [d > threshold for d in distance]
        self.object = [p for p, m in zip(self.pixels, self.mask) if m]
        self.background = nearest_colour(ground)
        self.colour = nearest_colour(median_colour(self.object)) if self.object else None

    def at(self, x, y):
        return self.pixels[y * self.width + x]

    def _box(self):
        """Left, top, right, bottom of the object, ignoring rows and columns with under 2 pixels."""
        columns = [sum(self.mask[x::self.width]) for x in range(self.width)]
        rows = [sum(self.mask[y * self.width:(y + 1) * self.width]) for y in range(self.height)]
        xs = [x for x, n in enumerate(columns) if n >= 2]
        ys = [y for y, n in enumerate(rows) if n >= 2]
        return min(xs), min(ys), max(xs) + 1, max(ys) + 1

    @property
    def place(self):
        left, top, right, bottom = self._box()
        x, y = (left + right) / 2 / self.width - 0.5, (top + bottom) / 2 / self.height - 0.5
        if max(abs(x), abs(y)) < 0.09:
            return "center"
        if abs(x) > abs(y):
            return "left" if x < 0 else "right"
        return "top" if y < 0 else "bottom"

    @property
    def shape(self):
        """The best overlap among the templates, stretched to the object's box."""
        left, top, right, bottom = self._box()
        scores = {}
        for shape in ("circle", "ring", "square", "triangle"):
            both = either = 0
            for j in range(GRID):
                for i in range(GRID):
                    u, v = (i + 0.5) / GRID, (j + 0.5) / GRID
                    x, y = int(left + u * (right - left)), int(top + v * (bottom - top))
                    drawn = self.mask[y * self.width + x]
                    expected = inside(shape, 2 * u - 1, 2 * v - 1)
                    both += drawn and expected
                    either += drawn or expected
            scores[shape] = both / either
        return max(scores, key=scores.get)
