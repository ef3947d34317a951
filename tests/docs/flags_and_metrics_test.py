"""What the pages tell operators of flags and metrics, held against the programs."""

import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONFIGURATION = (ROOT / "docs" / "serving" / "configuration.md").read_text()
METRICS = (ROOT / "docs" / "operations" / "metrics.md").read_text()
SERVER, CLIENT = os.environ["STROBE_TEST_SERVER"], os.environ["STROBE_TEST_CLIENT"]
FLAG = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])(?![\w-])")
SUBCOMMANDS = {SERVER: ("measure", "simulate"), CLIENT: ("generate", "live", "health", "models", "bench")}
# Of programs that are not ours and that the pages show.
OTHERS = {
    "docker": {"build", "cap-drop", "read-only", "rm", "stop-timeout", "target", "tmpfs"},
    "cmake and ctest": {"fresh", "preset"},
    "git": {"continue", "recursive"},
}
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


def section(page, title):
    return page.split(f"\n## {title}\n")[1].split("\n## ")[0]


def quantity(text):
    """A number or a duration as a number; None for anything else."""
    match = re.fullmatch(r"(\d+)(ms|s|m|)", text)
    return int(match.group(1)) * UNITS[match.group(2)] if match else None


class FlagsAndMetricsTest(unittest.TestCase):

    def test_the_tables_have_every_flag_of_the_server_with_its_default(self):
        flags = declared(help_of(SERVER))
        table = {}
        for names, defaults in re.findall(r"^\| (`--.*?) \| (.*?) \|", section(CONFIGURATION, "Flags of strobe-server"),
                                          re.MULTILINE):
            names, defaults = FLAG.findall(names), [part.strip("` ") for part in defaults.split(",")]
            table |= dict(zip(names, defaults * len(names) if len(defaults) == 1 else defaults))
        self.assertEqual(set(table), set(flags) - {"help", "version", "config"})
        for name, told in table.items():
            number = quantity(told.split(" ")[0].split(":")[0])
            if number is not None:
                self.assertEqual(number, quantity(flags[name]), name)

    def test_no_flag_is_made_up(self):
        known = set().union(*OTHERS.values())
        for program, subcommands in SUBCOMMANDS.items():
            for command in ((program,), *((program, subcommand) for subcommand in subcommands)):
                known |= set(declared(help_of(*command)))
        for folder in ("model/tools", "scripts", "client/examples/python"):
            for path in (ROOT / folder).glob("*"):
                known |= set(FLAG.findall(path.read_text())) if path.is_file() else set()
        for page in PAGES:
            with self.subTest(page=str(page.relative_to(ROOT))):
                self.assertEqual(set(FLAG.findall(page.read_text())) - known, set())

    def test_the_metrics_are_those_that_are_exported(self):
        exported = set()
        for path in (ROOT / "server").rglob("*.cc"):
            exported |= set(re.findall(r'"(strobe_\w+)"', path.read_text()))
        told = re.sub(r"`strobe_\{(\w+),(\w+)\}(\w+)`", r"`strobe_\1\3`, `strobe_\2\3`", section(METRICS, "Metrics"))
        exported -= {"strobe_diffusers"}  # ModelMetadata's platform
        self.assertEqual(set(re.findall(r"`(strobe_\w+)", told)), exported)


if __name__ == "__main__":
    unittest.main()
