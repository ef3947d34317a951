"""Draws one picture. To be imported after illustrations.packages has made the packages importable."""

import importlib.resources
import io
import json

import dicebear
import resvg_py
from PIL import Image

from illustrations.errors import IllustrationError
from illustrations.licences import require_free
from illustrations.remix import remixed
from illustrations.subjects import SUBJECTS

ENDING = "webp"


def load_definitions(styles):
    """{style: definition}. IllustrationError for a style that is not there, is not free or has no subject."""
    folder = importlib.resources.files("dicebear_styles")
    definitions = {}
    for style in styles:
        file = folder.joinpath(f"{style}.json")
        if "/" in style or not file.is_file():
            raise IllustrationError(f"there is no style {style}; choose of {', '.join(SUBJECTS)}")
        definitions[style] = json.loads(file.read_text("utf-8"))
        require_free(style, definitions[style])
        if style not in SUBJECTS:
            raise IllustrationError(f"style {style} has no captions yet; choose of {', '.join(SUBJECTS)}")
    return definitions


class Painter:

    def __init__(self, definitions, size):
        self._styles = {style: dicebear.Style(remixed(style, definition)) for style, definition in definitions.items()}
        self._size = size

    def paint(self, style, options, seed):
        """The bytes of a lossless WebP file. `seed`: text, decides what the options leave open.

        Of such pictures lossless WebP has half the bytes of PNG and is decoded in two thirds of the time; a higher
        `method` takes longer and saves 3 %.
        """
        svg = str(dicebear.Avatar(self._styles[style], {"seed": seed, **options}))
        png = resvg_py.svg_to_bytes(svg_string=svg, width=self._size, height=self._size, skip_system_fonts=True)
        packed = io.BytesIO()
        with Image.open(io.BytesIO(png)) as image:
            image.convert("RGB").save(packed, "WEBP", lossless=True, quality=50, method=1)
        return packed.getvalue()
