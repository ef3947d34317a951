"""What is changed of the styles before they draw: patterns cover the whole body of a monster and the whole pot.

The styles' own patterns are a few faint spots, too small to be seen at 96 pixels.
"""

# Style: the part that wears the pattern.
WEARERS = {"critters": "body", "sprouts": "pot"}
PAINT = {"fill": {"type": "color", "name": "pattern"}, "opacity": ".45"}


def _element(name, **attributes):
    return {"name": name, "type": "element", "attributes": {**{key: str(value) for key, value in attributes.items()},
                                                            **PAINT}}


def _stripes(size, step):
    return [_element("rect", x=0, y=y, width=size, height=step / 2) for y in range(2, size + 10, step)]


def _dots(size, step):
    rows = range(4, size + 10, step // 2)
    return [_element("circle", cx=x, cy=y, r=step / 5) for row, y in enumerate(rows)
            for x in range(4 + row % 2 * (step // 2), size, step)]


def remixed(style, definition):
    """The definition of a style, changed in place, as the pictures use it."""
    if style not in WEARERS:
        return definition
    wearer = definition["components"][WEARERS[style]]
    size = int(wearer["width"])
    step = 16 if size > 80 else 14
    definition["components"]["pattern"] = {
        "width": size, "height": size,
        "variants": {"stripes": {"elements": _stripes(size, step)}, "dots": {"elements": _dots(size, step)}}}
    definition["colors"]["pattern"] = {"values": ["#ffffff"]}
    _remove_component(definition["canvas"], "pattern")
    for variant in wearer["variants"].values():
        outline = variant["elements"][-1]
        assert "clip-path" in outline["attributes"], f"{style} no longer clips what is drawn on its {WEARERS[style]}"
        outline["children"].insert(0, {"name": "pattern", "type": "component"})
    return definition


def _remove_component(node, name):
    for children in (node.get("elements"), node.get("children")):
        if children:
            children[:] = [child for child in children if (child["type"], child["name"]) != ("component", name)]
            for child in children:
                _remove_component(child, name)
