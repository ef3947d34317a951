"""What is changed of the styles before they draw, so that patterns can be seen at 96 pixels.

The patterns of monsters and pots are a few faint spots: here they cover all of a body or a pot. Those of planets are
there, and are drawn stronger.
"""

# Style: the part that wears a pattern.
WEARERS = {"critters": "body", "sprouts": "pot"}
PAINT = {"fill": {"type": "color", "name": "pattern"}, "opacity": ".5"}
# Attribute of a planet's surface: (what it is multiplied with, the most it may be).
STRONGER = {"fill-opacity": (2, 0.6), "stroke-opacity": (2.4, 0.75), "stroke-width": (2, 2)}


def remixed(style, definition):
    """The definition of a style, changed in place, as the pictures use it."""
    if style in WEARERS:
        _cover_with_pattern(definition, WEARERS[style])
    if style == "planets":
        for variant in definition["components"]["surface"]["variants"].values():
            _strengthen(variant["elements"])
    return definition


def _cover_with_pattern(definition, part):
    wearer = definition["components"][part]
    size = int(wearer["width"])
    step = 16 if size > 80 else 14
    definition["components"]["pattern"] = {
        "width": size, "height": size,
        "variants": {"stripes": {"elements": _stripes(size, step)}, "dots": {"elements": _dots(size, step)}}}
    definition["colors"]["pattern"] = {"values": ["#ffffff"]}
    _remove_component(definition["canvas"], "pattern")
    for variant in wearer["variants"].values():
        outline = variant["elements"][-1]
        assert "clip-path" in outline["attributes"], f"the style no longer clips what is drawn on its {part}"
        outline["children"].insert(0, {"name": "pattern", "type": "component"})


def _stripes(size, step):
    return [_element("rect", x=0, y=y, width=size, height=step / 2) for y in range(2, size + 10, step)]


def _dots(size, step):
    rows = range(4, size + 10, step // 2)
    return [_element("circle", cx=x, cy=y, r=step / 5) for row, y in enumerate(rows)
            for x in range(4 + row % 2 * (step // 2), size, step)]


def _element(name, **attributes):
    return {"name": name, "type": "element", "attributes": {**{key: str(value) for key, value in attributes.items()},
                                                            **PAINT}}


def _remove_component(node, name):
    for children in (node.get("elements"), node.get("children")):
        if children:
            children[:] = [child for child in children if (child["type"], child["name"]) != ("component", name)]
            for child in children:
                _remove_component(child, name)


def _strengthen(elements):
    for element in elements:
        attributes = element.get("attributes", {})
        for name, (factor, most) in STRONGER.items():
            if name in attributes:
                attributes[name] = f"{min(float(attributes[name]) * factor, most):.2f}"
        _strengthen(element.get("children", []))
