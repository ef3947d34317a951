"""What the README tells operators of flags and metrics, held against the programs."""

import os
import re
import subprocess
import unittest

from queries import DEPLOY

ROOT = DEPLOY.parent
README = (ROOT / "README.md").read_text()
SERVER, CLIENT = os.environ["STROBE_TEST_SERVER"], os.environ["STROBE_TEST_CLIENT"]
FLAG = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])(?![\w-])")
SUBCOMMANDS = {SERVER: ("measure", "simulate"), CLIENT: ("generate", "live", "health", "models", "bench")}
UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60}


def help_of(*command):
    return subprocess.run([*command, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout


def declared(text):
    """{flag: its default or ""} of a --help."""
    found = {}
    for line in text.splitlines():
        if match := re.match(r"  (?:-\w,)?--([a-z-]+)(.*?)(  |$)", line):
            found[match.group(1)] = match.group(2).partition("=")[2]
    return found


def section(title):
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def quantity(text):
    """A number or a duration as a number; None for anything else."""
    match = re.fullmatch(r"(\d+)(ms|s|m|)", text)
    return int(match.group(1)) * UNITS[match.group(2)] if match else None


class ReadmeTest(unittest.TestCase):

    def test_the_table_has_every_flag_of_the_server_with_its_default(self):
        flags = declared(help_of(SERVER))
        table = {}
        for names, defaults in re.findall(r"^\| (`--.*?) \| (.*?) \|", section("Flags of strobe-server"), re.MULTILINE):
            names, defaults = FLAG.findall(names), [part.strip("` ") for part in defaults.split(",")]
            table |= dict(zip(names, defaults * len(names) if len(defaults) == 1 else defaults))
        self.assertEqual(set(table), set(flags) - {"help", "version", "config"})
        for name, told in table.items():
            number = quantity(told.split(" ")[0].split(":")[0])
            if number is not None:
                self.assertEqual(number, quantity(flags[name]), name)

    def test_no_flag_is_made_up(self):
        known = set()
        for program, subcommands in SUBCOMMANDS.items():
            for command in ((program,), *((program, subcommand) for subcommand in subcommands)):
                known |= set(declared(help_of(*command)))
        for folder, pattern in (("model/tools", "*.cc"), ("scripts", "*")):
            for path in (ROOT / folder).glob(pattern):
                known |= set(FLAG.findall(path.read_text())) if path.is_file() else set()
        self.assertEqual(set(FLAG.findall(README)) - known, set())

    def test_the_metrics_are_those_that_are_exported(self):
        exported = set()
        for path in (ROOT / "server/observability").glob("*.cc"):
            exported |= set(re.findall(r'"(strobe_\w+)"', path.read_text()))
        told = re.sub(r"`strobe_\{(\w+),(\w+)\}(\w+)`", r"`strobe_\1\3`, `strobe_\2\3`", section("Metrics"))
        self.assertEqual(set(re.findall(r"`(strobe_\w+)", told)), exported)


if __name__ == "__main__":
    unittest.main()
