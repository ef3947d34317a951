"""make_illustrations.py as a user runs it: a set of 64 pictures. Exits with 77 where what draws is missing."""

import importlib.resources
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "scripts" / "make_illustrations.py"
sys.path.insert(0, str(ROOT / "scripts"))

from illustrations import colors, packages, subjects  # noqa: E402
from illustrations.chance import Chance  # noqa: E402
from illustrations.errors import IllustrationError  # noqa: E402
from illustrations.remix import remixed  # noqa: E402

SMOKE = ("--count", "40", "--test-count", "16", "--critic-count", "8", "--seed", "5")


def make(directory, *arguments):
    """What the program prints; its exit status is in returncode."""
    return subprocess.run([sys.executable, "-B", PROGRAM, directory, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def content(directory):
    return {str(path.relative_to(directory)): path.read_bytes()
            for path in sorted(directory.rglob("*")) if path.is_file()}


def definition_of(style):
    return json.loads(importlib.resources.files("dicebear_styles").joinpath(f"{style}.json").read_text("utf-8"))


class SmokeSetTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.place.cleanup)
        cls.directory = pathlib.Path(cls.place.name) / "set"
        made = make(cls.directory, *SMOKE)
        assert made.returncode == 0, made.stdout
        cls.lines = [(split, json.loads(line)) for split in ("train", "test", "critic")
                     for line in (cls.directory / split / "metadata.jsonl").read_text().splitlines()]

    def images(self):
        from PIL import Image
        for split, line in self.lines:
            with Image.open(self.directory / split / line["file_name"]) as image:
                yield line["attributes"], image

    def test_it_has_the_pictures_that_were_asked_for_each_once(self):
        self.assertEqual([split for split, _ in self.lines], ["train"] * 40 + ["test"] * 16 + ["critic"] * 8)
        self.assertEqual(len({content for name, content in content(self.directory).items()
                              if name.endswith(".webp")}), 64)

    def test_pictures_are_rgb_of_96_pixels(self):
        for _, image in self.images():
            self.assertEqual((image.size, image.mode, image.format), ((96, 96), "RGB", "WEBP"))

    def test_what_is_behind_has_the_color_that_the_line_says(self):
        for attributes, image in self.images():
            corner = "#%02x%02x%02x" % image.getpixel((1, 1))
            if attributes["stars"] != "yes":  # one may be there
                self.assertEqual(colors.name_and_margin(corner)[0], attributes["background"])

    def test_all_subjects_are_there(self):
        self.assertEqual({line["attributes"]["subject"] for _, line in self.lines},
                         {"monster", "plant", "planet", "landscape", "face", "robot"})

    def test_the_card_has_the_licence_of_every_style(self):
        card = (self.directory / "README.md").read_text()
        for style in subjects.SUBJECTS:
            self.assertRegex(card, rf"\| {style} \|.*DiceBear.*CC0 1.0")

    def test_the_same_arguments_give_the_same_bytes_also_after_an_interruption(self):
        with tempfile.TemporaryDirectory() as place:
            again = pathlib.Path(place)
            self.assertEqual(make(again, *SMOKE).returncode, 0)
            self.assertEqual(content(again), content(self.directory))
            for path in sorted((again / "train").rglob("*.webp"))[20:]:
                path.unlink()
            (again / "train" / "metadata.jsonl").unlink()
            self.assertEqual(make(again, *SMOKE).returncode, 0)
            self.assertEqual(content(again), content(self.directory))

    def test_another_seed_gives_other_pictures_and_is_refused_here(self):
        made = make(self.directory, *SMOKE[:-1], "6")
        self.assertEqual((made.returncode, made.stdout.count("\n")), (1, 1))
        self.assertIn("was begun with --seed 5 (now 6)", made.stdout)


class RefusalTest(unittest.TestCase):

    def assert_refused(self, expected, *arguments):
        with tempfile.TemporaryDirectory() as place:
            made = make(pathlib.Path(place) / "set", *arguments)
            self.assertNotEqual(made.returncode, 0)
            self.assertRegex(made.stdout, expected)
            self.assertNotIn("Traceback", made.stdout)
            self.assertEqual(list(pathlib.Path(place).iterdir()), [])

    def test_a_style_under_another_licence(self):
        self.assert_refused("style adventurer has the licence .CC BY 4.0.", "--styles", "adventurer")

    def test_a_style_that_nobody_described(self):
        self.assert_refused("style clay has no captions yet; choose of critters", "--styles", "moods,clay")

    def test_a_style_that_does_not_exist(self):
        self.assert_refused("there is no style nope; choose of critters", "--styles", "nope")
        self.assert_refused("there is no style ../x; choose of critters", "--styles", "../x")

    def test_numbers_out_of_range(self):
        self.assert_refused("0 is not from 1 to", "--count", "0")
        self.assert_refused("8 is not from 16 to 1024", "--size", "8")


class StylesTest(unittest.TestCase):

    def test_styles_have_every_variant_and_color_that_pictures_ask_for(self):
        """What a style does not have is left out of the picture without a word."""
        for style in subjects.SUBJECTS:
            definition = remixed(style, definition_of(style))
            for index in range(400):
                for option, value in subjects.draw_picture(Chance(str(index)), style).options.items():
                    with self.subTest(style=style, option=option, value=value):
                        if option.endswith("Variant"):
                            self.assertIn(value, definition["components"][option[:-len("Variant")]]["variants"])
                        elif option.endswith("Probability"):
                            self.assertIn(option[:-len("Probability")], definition["components"])
                        elif option.endswith("Color"):
                            self.assertIn(option[:-len("Color")], [*definition["colors"], "background"])

    def test_another_version_of_a_package_is_refused(self):
        pins = packages.pinned_versions()
        with mock.patch.object(packages, "pinned_versions", lambda: {**pins, "dicebear-styles": "1.0"}):
            with self.assertRaisesRegex(IllustrationError, "dicebear-styles is .* and only 1.0 draws the same"):
                packages.require_packages()


if __name__ == "__main__":
    try:
        packages.require_packages()
    except IllustrationError as error:
        print(f"skipped: {error}")
        sys.exit(77)
    unittest.main()
