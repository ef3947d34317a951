#!/usr/bin/env python3
"""Writes docs/reference from the programs' own --help and from the proto files.

    scripts/make_reference.py [bin]     bin: folder of strobe-server, strobe-client and strobe-model,
                                        default build/release/bin

tests/docs/reference_test.py compares the pages with the programs.
"""

import os
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
WIDTH = 100

# Program: its subcommands, each with a --help of its own.
PROGRAMS = {
    "strobe-server": ("measure", "simulate"),
    "strobe-client": ("generate", "live", "health", "models", "bench"),
    "strobe-model": ("generate", "inspect", "self-test", "train", "distill", "evaluate", "train-critic"),
}
PROTOS = {
    "strobe/v1/image_generation.proto": "The API of strobe: [how to use it](../serving/api.md).",
    "inference/open_inference.proto":
        "The Open Inference Protocol: [how to use it](../serving/kserve.md).",
}


def help_of(binary, *subcommand):
    """What `binary subcommand --help` prints, whatever STROBE_ variables this process has."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STROBE_")}
    return subprocess.run([binary, *subcommand, "--help"], stdout=subprocess.PIPE, text=True, check=True,
                          env=environment).stdout


def wrapped(text):
    """A --help whose descriptions of flags and subcommands fit into WIDTH columns; other lines as they are."""
    lines = []
    for line in text.rstrip().splitlines():
        column = 30 if re.match(r" {2}(-|[a-z-]+ {2,})| {30}\S", line) else 0
        width = WIDTH if column else len(line) + 1
        lines += textwrap.wrap(line, width, subsequent_indent=" " * column, break_long_words=False,
                               break_on_hyphens=False) or [""]
    return "\n".join(lines)


def program_page(name, binary):
    parts = [f"# {name}\n\nWritten by `scripts/make_reference.py` from `{name} --help`. Do not edit.\n"]
    for subcommand in ("", *PROGRAMS[name]):
        title = f"{name} {subcommand}".strip()
        parts.append(f"## {title}\n\n```text\n{wrapped(help_of(binary, *subcommand.split()))}\n```\n")
    return "\n".join(parts)


class Proto:
    """Messages, enums and services of a proto file, with the comment in front of each of their parts.

    Reads what the style of proto/ allows: one part a line, comments on lines of their own in front."""

    PART = re.compile(r"\s*(?:rpc (?P<rpc>\w+)\((?P<asks>[^)]*)\) returns \((?P<answers>[^)]*)\)"
                      r"|(?P<type>(?:optional |repeated )?[\w.<>, ]+?) (?P<field>\w+) = \d+"
                      r"|(?P<value>[A-Z]\w+) = \d+)")

    def __init__(self, text):
        self.blocks = []  # [kind, name, comment, [(name, type, comment)]]
        comment, open_blocks = [], []
        for line in text.splitlines():
            if match := re.match(r"\s*// ?(.*)", line):
                comment.append(match.group(1))
                continue
            if match := re.match(r"\s*(service|message|enum|oneof) (\w+) \{", line):
                kind, name = match.groups()
                if kind != "oneof":
                    prefix = f"{open_blocks[-1][1]}." if open_blocks else ""
                    self.blocks.append([kind, prefix + name, " ".join(comment), []])
                    open_blocks.append(self.blocks[-1])
                else:
                    open_blocks.append(open_blocks[-1])
                if line.rstrip().endswith("{}"):
                    open_blocks.pop()
            elif line.strip() == "}":
                open_blocks.pop()
            elif open_blocks and (match := self.PART.match(line)):
                part = match.groupdict()
                name = part["rpc"] or part["field"] or part["value"]
                kind = f"{part['asks']} to {part['answers']}" if part["rpc"] else (part["type"] or "").strip()
                open_blocks[-1][3].append((name, kind, " ".join(comment)))
            comment = []


def proto_page():
    parts = ["# The protocols, field by field\n\nWritten by `scripts/make_reference.py` from `proto/`. "
             "Do not edit.\n"]
    for path, about in PROTOS.items():
        parts.append(f"## {path}\n\n{about}\n")
        for kind, name, comment, rows in Proto((ROOT / "proto" / path).read_text()).blocks:
            words = "\n\n".join("\n".join(textwrap.wrap(paragraph, WIDTH, break_long_words=False))
                                for paragraph in comment.split("  "))
            parts.append(f"### {kind} {name}\n\n{words}\n")
            if rows:
                table = [f"| `{row}` | {f'`{type_}`' if type_ else ''} | {text.replace('  ', ' ')} |" for row, type_, text in rows]
                parts.append("\n".join(["| name | type | meaning |", "|---|---|---|", *table]) + "\n")
    return "\n".join(parts)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release" / "bin")
    for name in PROGRAMS:
        (REFERENCE / f"{name}.md").write_text(program_page(name, folder / name))
    (REFERENCE / "proto.md").write_text(proto_page())


if __name__ == "__main__":
    main()
