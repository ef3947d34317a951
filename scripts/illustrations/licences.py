"""Whose pictures they are, and that everybody may use them."""

from illustrations.errors import IllustrationError

NAME = "CC0 1.0"
ADDRESS = "https://creativecommons.org/publicdomain/zero/1.0/"


def require_free(style, definition):
    """IllustrationError unless the style's definition says that it is in the public domain."""
    licence = definition.get("meta", {}).get("license", {})
    if (licence.get("name"), licence.get("url")) != (NAME, ADDRESS):
        raise IllustrationError(f"style {style} has the licence \"{licence.get('name', 'none')}\": "
                                f"only styles under {NAME} are drawn")


def card(definitions, versions, settings):
    """The data set's README.md: what it is, and the licence of each style."""
    rows = "\n".join(_row(style, definition["meta"]) for style, definition in definitions.items())
    drawn_with = ", ".join(f"{package} {version}" for package, version in versions.items())
    size = f"{settings['size']}x{settings['size']}"
    return f"""---
license: cc0-1.0
task_categories:
- text-to-image
language:
- en
---
# Illustrations

{settings['count']:,} pictures in `train`, {settings['test_count']:,} in `test` and {settings['critic_count']:,} in
`critic`, {size} pixels, with captions and attributes in `metadata.jsonl`. `train` never shows the pairs of a variant
and a colour that `test` shows; `critic` shows all pairs.

Drawn by strobe's `scripts/make_illustrations.py --seed {settings['seed']}` with {drawn_with}.

## Licences

The styles are those of dicebear-styles, all in the public domain. The patterns of critters and sprouts are drawn
anew. The captions are in the public domain too.

| style | title | author | source | licence |
|---|---|---|---|---|
{rows}
"""


def _row(style, meta):
    licence = f"[{meta['license']['name']}]({meta['license']['url']})"
    return f"| {style} | {meta['source']['name']} | {meta['creator']['name']} | {meta['source']['url']} | {licence} |"
