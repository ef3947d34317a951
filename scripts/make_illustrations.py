#!/usr/bin/env python3
"""Draws a data set of small pictures with captions and attributes, for `strobe-model train --data DIR/train`.

    scripts/setup.sh --illustrations                  once: what draws, 10 MB
    scripts/make_illustrations.py out/illustrations   124,000 pictures, some twelve minutes

The pictures are of CC0 styles: monsters, potted plants, planets, landscapes, faces and robots. A run that was
interrupted goes on when it is started again in the same way. The same arguments give the same bytes.
docs/training/illustrations.md has the attributes.
"""

import argparse
import pathlib
import sys

from illustrations import drawing_run, folder, licences, packages
from illustrations.errors import IllustrationError
from illustrations.progress import Progress
from illustrations.subjects import SUBJECTS

FORMAT = 1  # of the pictures and the lines: another one is another data set


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", metavar="DIR", type=pathlib.Path, help="new, empty, or begun by this program")
    parser.add_argument("--count", type=number(1), default=100_000, help="pictures of DIR/train (default %(default)s)")
    parser.add_argument("--test-count", type=number(0), default=4_000,
                        help="pictures of DIR/test, of pairs of a variant and a colour that train never shows "
                        "(default %(default)s)")
    parser.add_argument("--critic-count", type=number(0), default=20_000, help="pictures of DIR/critic, of all pairs: "
                        "what strobe-model train-critic learns from (default %(default)s)")
    parser.add_argument("--seed", type=number(0), default=0, help="another seed gives other pictures (default 0)")
    parser.add_argument("--size", type=number(16, 1024), default=96, help="width and height in pixels (default 96)")
    parser.add_argument("--styles", type=lambda text: list(dict.fromkeys(text.split(","))), default=list(SUBJECTS),
                        help=f"of dicebear-styles, with commas between (default {','.join(SUBJECTS)})")
    return parser.parse_args(arguments)


def number(least, most=10_000_000):
    def parsed(text):
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} is not from {least} to {most}")
        return value
    parsed.__name__ = "number"  # for argparse's message about what is none
    return parsed


def run(options):
    packages.require_packages()
    from illustrations import drawing  # pylint: disable=import-outside-toplevel
    settings = {name: getattr(options, name)
                for name in ("seed", "count", "test_count", "critic_count", "size", "styles")}
    versions = packages.pinned_versions()
    definitions = drawing.load_definitions(options.styles)
    card = licences.card(definitions, versions, settings)
    painter = drawing.Painter(definitions, options.size)
    with folder.opened(options.directory, {"format": FORMAT, **settings, "versions": versions}):
        folder.write(options.directory / "README.md", card.encode())
        drawing_run.draw(options.directory, settings, painter.paint, drawing.ENDING, Progress())


def main():
    options = parse(sys.argv[1:])
    try:
        run(options)
    except IllustrationError as error:
        sys.exit(f"make_illustrations: {error}")
    except KeyboardInterrupt:
        print(f"\nmake_illustrations: stopped. The same command goes on with {options.directory}.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
