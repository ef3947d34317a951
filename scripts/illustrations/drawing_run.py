"""Draws what is not drawn yet of a data set. The same settings give the same bytes, however often it is interrupted."""

import json

from illustrations import folder
from illustrations.captions import captions_of
from illustrations.chance import Chance
from illustrations.split import SPLITS, belongs_to
from illustrations.subjects import draw_picture

METADATA = "metadata.jsonl"
PER_FOLDER = 1000


def counts(settings):
    """{split: pictures}, without splits that have none."""
    pictures = {"train": settings["count"], "test": settings["test_count"], "critic": settings["critic_count"]}
    return {split: pictures[split] for split in SPLITS if pictures[split] > 0}


def picture_of(settings, split, index):
    """(style, picture, the chance that goes on with its captions): the first that belongs to the split."""
    style = settings["styles"][index % len(settings["styles"])]
    attempt = 0
    while True:
        chance = Chance(f"{settings['seed']}/{split}/{index}/{attempt}")
        picture = draw_picture(chance, style)
        if belongs_to(split, style, picture):
            return style, picture, chance
        attempt += 1


def name_of(index, ending):
    return f"{index // PER_FOLDER:03d}/{index:06d}.{ending}"


def line_of(name, picture, chance):
    """The line of METADATA about one picture."""
    line = {"file_name": name, "text": captions_of(chance, picture.attributes), "attributes": picture.attributes}
    return json.dumps(line) + "\n"


def draw(directory, settings, paint, ending, progress):
    """Draws the splits one after the other. METADATA comes last, so that no reader takes a part for the whole.

    paint(style, options, seed) gives the bytes of a file. progress(split, done, drawn, count) is called after
    each picture. IllustrationError when something cannot be written.
    """
    for split, count in counts(settings).items():
        lines = [] if not folder.files_in(directory / split) & {METADATA} else None
        drawn, there = 0, set()
        for index in range(count):
            name = name_of(index, ending)
            path = directory / split / name
            if index % PER_FOLDER == 0:
                there = folder.files_in(path.parent)
                with folder.told(path.parent):
                    path.parent.mkdir(parents=True, exist_ok=True)
            if lines is not None or path.name not in there:
                style, picture, chance = picture_of(settings, split, index)
                if lines is not None:
                    lines.append(line_of(name, picture, chance))
                if path.name not in there:
                    folder.write(path, paint(style, picture.options, f"{settings['seed']}/{split}/{index}"))
                    drawn += 1
            progress(split, index + 1, drawn, count)
        if lines is not None:
            folder.write(directory / split / METADATA, "".join(lines).encode())
