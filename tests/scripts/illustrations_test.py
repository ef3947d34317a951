"""The illustrations as far as no package is needed: attributes, colours, captions, the split, the folder."""

import collections
import errno
import io
import json
import pathlib
import re
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from illustrations import captions, colors, drawing_run, folder, licences  # noqa: E402
from illustrations import progress, split, subjects, words  # noqa: E402
from illustrations.chance import Chance  # noqa: E402
from illustrations.errors import IllustrationError  # noqa: E402

SETTINGS = {"seed": 3, "count": 12, "test_count": 6, "critic_count": 6, "size": 96,
            "styles": list(subjects.SUBJECTS)}
PICTURES = 400  # of each style


def pictures():
    for style in subjects.SUBJECTS:
        for index in range(PICTURES):
            yield style, subjects.draw_picture(Chance(f"test/{style}/{index}"), style)


def captions_of_all():
    for style, picture in pictures():
        for caption in captions.captions_of(Chance(f"captions/{style}/{picture.options}"), picture.attributes):
            yield picture.attributes, caption


def words_of(text):
    return re.findall(r"[a-z]+", text)


def alternatives(table, value):
    """The words by which a sentence may state a value, each as the set of its words."""
    return [set(words_of(phrase)) - {"a", "an", "on", "its", "of"} for phrase in table.get(value, ())]


class ColorTest(unittest.TestCase):

    def test_every_sample_has_its_own_name_with_room_to_spare(self):
        for use, names in colors.SAMPLES.items():
            for name, samples in names.items():
                for sample in samples:
                    with self.subTest(use=use, sample=sample):
                        found, margin = colors.name_and_margin(sample)
                        self.assertEqual(found, name)
                        self.assertGreater(margin, colors.MARGIN)

    def test_oklab_and_back_is_the_same_color(self):
        for color in ("#000000", "#ffffff", "#1d4ed8", "#fb923c"):
            self.assertEqual(colors.hexadecimal(colors.oklab(color)), color)
        self.assertAlmostEqual(colors.oklab("#ffffff")[0], 1, places=5)

    def test_a_color_between_two_names_has_no_margin(self):
        red, orange = (colors.oklab(colors.SAMPLES["body"][name][0]) for name in ("red", "orange"))
        between = colors.hexadecimal([(a + b) / 2 for a, b in zip(red, orange)])
        self.assertLess(colors.name_and_margin(between)[1], colors.MARGIN)

    def test_drawn_colors_differ_and_keep_their_name(self):
        drawn = {colors.draw_color(Chance(str(index)), "body", "teal") for index in range(50)}
        self.assertGreater(len(drawn), 40)
        for color in drawn:
            self.assertEqual(colors.name_and_margin(color)[0], "teal")


class SubjectsTest(unittest.TestCase):

    def test_every_picture_has_every_key_and_a_word_for_each_value(self):
        for style, picture in pictures():
            self.assertEqual(tuple(picture.attributes), subjects.KEYS, style)
            for value in picture.attributes.values():
                self.assertRegex(value or "null", r"^[a-z]+$")

    def test_values_are_few_and_none_is_rare_within_its_subject(self):
        counts = collections.defaultdict(collections.Counter)
        for style, picture in pictures():
            for key, value in picture.attributes.items():
                counts[style, key][value] += 1
        for (style, key), values in counts.items():
            with self.subTest(style=style, key=key):
                self.assertLessEqual(len(values), 12)
                self.assertGreater(min(values.values()), PICTURES * 0.02)

    def test_what_stands_before_something_has_another_color(self):
        for style, picture in pictures():
            self.assertNotEqual(picture.attributes["color"], picture.attributes["background"], style)

    def test_an_accent_is_the_color_of_something_that_is_there(self):
        for _, picture in pictures():
            attributes = picture.attributes
            there = {"monster": attributes["top"] != "none", "plant": attributes["plant"] in ("flower", "tulip"),
                     "landscape": attributes["sun"] == "yes", "robot": True}
            self.assertEqual(attributes["accent"] is not None, there.get(attributes["subject"], False))

    def test_the_same_text_draws_the_same_picture(self):
        self.assertEqual(*(subjects.draw_picture(Chance("0/train/7/0"), "moods") for _ in range(2)))


class CaptionsTest(unittest.TestCase):

    def test_a_picture_has_five_of_at_most_22_words_and_commas(self):
        for _, picture in pictures():
            found = captions.captions_of(Chance("x"), picture.attributes)
            self.assertEqual(len(found), 5)
            for caption in found:
                self.assertLessEqual(captions.tokens(caption["text"]), 22)

    def test_they_are_plain_english(self):
        for _, caption in captions_of_all():
            text = caption["text"]
            self.assertRegex(text, r"^[a-z]+(,? [a-z]+)*$")
            self.assertNotRegex(text, r"\ba [aeiou]|\ban [^aeiou]|\b(\w+) \1\b")
            self.assertNotRegex(text, r"\b(one|a|an|single) (\w+ )?(eyes|moons|horns|ears|spikes|antennae|lights)\b")
            self.assertNotRegex(text, r"\b(two|three|four) (\w+ )?(eye|moon|horn|antenna)\b|\b(and|with|in|on)$")

    def test_they_state_the_values_of_what_they_say_they_do(self):
        tables = {"mood": (words.MOODS, words.MOODS_AT_THE_END), "shape": (words.SHAPES,),
                  "pattern": (words.PATTERNS, words.PATTERNS_WITH), "eyes": (words.EYES,), "top": (words.TOPS,),
                  "plant": (words.PLANTS,), "chest": (words.CHESTS,), "moons": (words.MOONS,)}
        for attributes, caption in captions_of_all():
            text = set(words_of(caption["text"]))
            for key in caption["says"]:
                value = attributes[key]
                with self.subTest(text=caption["text"], key=key):
                    self.assertIsNotNone(value)
                    if key in tables:
                        self.assertTrue(any(wanted <= text for table in tables[key]
                                            for wanted in alternatives(table, value)))
                    if key in ("color", "background", "accent"):
                        self.assertTrue(set(words.COLORS.get(value, (value,))) & text)

    def test_they_name_no_color_mood_or_shape_that_they_do_not_say(self):
        for attributes, caption in captions_of_all():
            text = words_of(caption["text"])
            said = sum(key in caption["says"] for key in ("color", "background", "accent"))
            named = [word for word in text if any(
                word in words.COLORS.get(name, (name,)) for name in colors.NAMES)]
            with self.subTest(text=caption["text"]):
                self.assertEqual(len(named), said)
                for key, table in (("mood", words.MOODS), ("shape", words.SHAPES)):
                    if key not in caption["says"]:
                        self.assertFalse({word for synonyms in table.values() for word in synonyms} & set(text))

    def test_about_half_is_said_and_nearly_always_what_it_is(self):
        said, there = collections.Counter(), collections.Counter()
        for attributes, caption in captions_of_all():
            there.update(key for key, value in attributes.items() if value is not None)
            said.update(caption["says"])
        self.assertGreater(said["subject"] / there["subject"], 0.93)
        for key in ("color", "background", "mood", "shape", "plant"):
            self.assertAlmostEqual(said[key] / there[key], 0.5, delta=0.08, msg=key)

    def test_the_vocabulary_is_closed(self):
        used = {word for _, caption in captions_of_all() for word in words_of(caption["text"])}
        self.assertGreater(len(used), 140)
        self.assertLess(len(used), 250)


class SplitTest(unittest.TestCase):

    def test_every_style_has_pairs_that_are_held_out_and_about_a_twentieth_are(self):
        pairs = {(style, picture.variant, picture.attributes["color"]) for style, picture in pictures()}
        held_out = {pair for pair in pairs if split.is_held_out(*pair)}
        self.assertEqual({style for style, _, _ in held_out}, set(subjects.SUBJECTS))
        self.assertAlmostEqual(len(held_out) / len(pairs), split.HELD_OUT, delta=0.015)

    def test_train_never_shows_a_pair_of_test(self):
        shown = {name: set() for name in split.SPLITS}
        for name in split.SPLITS:
            for index in range(300):
                style, picture, _ = drawing_run.picture_of(SETTINGS, name, index)
                shown[name].add((style, picture.variant, picture.attributes["color"]))
        self.assertFalse(shown["train"] & shown["test"])
        self.assertTrue(shown["critic"] & shown["train"])
        self.assertTrue(shown["critic"] & shown["test"])


class LicenceTest(unittest.TestCase):

    def test_what_is_not_in_the_public_domain_is_refused_by_name(self):
        meta = {"license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}}
        with self.assertRaisesRegex(IllustrationError, "adventurer.*CC BY 4.0"):
            licences.require_free("adventurer", {"meta": meta})
        with self.assertRaisesRegex(IllustrationError, "nameless.*none"):
            licences.require_free("nameless", {})

    def test_a_name_alone_does_not_make_it_free(self):
        with self.assertRaises(IllustrationError):
            licences.require_free("x", {"meta": {"license": {"name": "CC0 1.0", "url": "https://example.org"}}})
        licences.require_free("x", {"meta": {"license": {"name": licences.NAME, "url": licences.ADDRESS}}})


class FolderTest(unittest.TestCase):

    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.path = pathlib.Path(self.place.name) / "new" / "set"
        self.painted = []

    def paint(self, style, options, seed):
        self.painted.append(seed)
        return f"{style} {options} {seed}".encode()

    def draw(self, settings=None, paint=None):
        settings = settings or SETTINGS
        with folder.opened(self.path, settings):
            drawing_run.draw(self.path, settings, paint or self.paint, "webp", lambda *_: None)

    def content(self):
        return {str(path.relative_to(self.path)): path.read_bytes()
                for path in self.path.rglob("*") if path.is_file()}

    def test_every_picture_has_its_line_and_every_line_its_picture(self):
        self.draw()
        for name, count in (("train", 12), ("test", 6), ("critic", 6)):
            lines = (self.path / name / "metadata.jsonl").read_text().splitlines()
            names = [json.loads(line)["file_name"] for line in lines]
            self.assertEqual(len(names), count)
            self.assertEqual(sorted(names), sorted(
                str(path.relative_to(self.path / name)) for path in (self.path / name).rglob("*.webp")))

    def test_folders_have_at_most_1000_pictures(self):
        self.assertEqual(drawing_run.name_of(999, "webp"), "000/000999.webp")
        self.assertEqual(drawing_run.name_of(1000, "webp"), "001/001000.webp")

    def test_a_split_without_pictures_has_no_folder(self):
        self.draw({**SETTINGS, "test_count": 0, "critic_count": 0})
        self.assertFalse((self.path / "test").exists())
        self.assertFalse((self.path / "critic").exists())

    def test_an_interrupted_run_goes_on_with_what_is_missing_and_ends_alike(self):
        self.draw()
        whole = self.content()
        (self.path / "train" / "metadata.jsonl").unlink()
        (self.path / "train" / "000" / "000004.webp").unlink()
        (self.path / "train" / "000" / "000005.webp").write_bytes(b"")  # as a machine may leave it that lost power
        (self.path / "train" / "000" / "000005.webp.part").write_bytes(b"half")
        self.painted.clear()
        self.draw()
        self.assertEqual(self.painted, ["3/train/4", "3/train/5"])
        self.assertEqual(self.content(), whole)
        self.painted.clear()
        self.draw()
        self.assertEqual(self.painted, [])

    def test_an_unfinished_split_has_no_metadata(self):
        def stop(style, options, seed):
            if seed == "3/train/7":
                raise KeyboardInterrupt
            return self.paint(style, options, seed)
        with self.assertRaises(KeyboardInterrupt):
            self.draw(paint=stop)
        self.assertFalse((self.path / "train" / "metadata.jsonl").exists())
        self.assertEqual(len(list(self.path.rglob("*.webp"))), 7)

    def test_other_settings_are_refused_with_what_differs(self):
        self.draw()
        whole = self.content()
        with self.assertRaisesRegex(IllustrationError, r"--seed 3 \(now 4\).*another folder"):
            self.draw({**SETTINGS, "seed": 4})
        with self.assertRaisesRegex(IllustrationError, r"--styles critters,sprouts.* \(now moods\)"):
            self.draw({**SETTINGS, "styles": ["moods"]})
        self.assertEqual(self.content(), whole)

    def test_a_folder_that_holds_something_else_is_refused_and_kept(self):
        self.path.mkdir(parents=True)
        (self.path / "thesis.txt").write_text("mine")
        with self.assertRaisesRegex(IllustrationError, "holds something else .thesis.txt"):
            self.draw()
        self.assertEqual(self.content(), {"thesis.txt": b"mine"})

    def test_a_file_in_its_place_and_a_damaged_marker_are_refused(self):
        self.path.parent.mkdir(parents=True)
        self.path.write_text("a file")
        with self.assertRaisesRegex(IllustrationError, "not a folder"):
            self.draw()
        self.path.unlink()
        self.draw()
        for damage in ('{"seed":', "[]"):
            (self.path / folder.MARKER).write_text(damage)
            with self.assertRaisesRegex(IllustrationError, "is not what this program wrote"):
                self.draw()

    def test_two_runs_do_not_draw_into_one_folder(self):
        with folder.opened(self.path, SETTINGS):
            with self.assertRaisesRegex(IllustrationError, "another run"):
                self.draw()

    def test_a_full_disk_is_one_error_that_leaves_whole_pictures_and_the_next_run_goes_on(self):
        write_bytes = pathlib.Path.write_bytes

        def full(path, content):
            if path.name == "000003.webp.part":
                write_bytes(path, content[:5])
                raise OSError(errno.ENOSPC, "No space left on device")
            return write_bytes(path, content)

        with mock.patch.object(pathlib.Path, "write_bytes", full):
            with self.assertRaisesRegex(IllustrationError, "000003.webp.*No space left.*run the same again"):
                self.draw()
        self.assertEqual(sorted(path.name for path in (self.path / "train" / "000").iterdir()),
                         ["000000.webp", "000001.webp", "000002.webp"])
        self.painted.clear()
        self.draw()
        self.assertEqual(len(self.painted), 9 + 6 + 6)

    def test_a_folder_that_cannot_be_written_is_one_error(self):
        with mock.patch.object(pathlib.Path, "mkdir", side_effect=OSError(errno.EACCES, "Permission denied")):
            with self.assertRaisesRegex(IllustrationError, f"cannot write {self.path}: Permission denied"):
                self.draw()


class ProgressTest(unittest.TestCase):

    def test_it_says_rate_and_time_left(self):
        now, out = [0.0], io.StringIO()
        out.isatty = lambda: True
        shown = progress.Progress(lambda: now[0], out)
        shown("train", 1, 1, 1000)
        now[0] = 2.0
        shown("train", 400, 300, 1000)  # 100 were there
        self.assertIn("\rtrain: 400 of 1,000, 150 a second, 4 s left", out.getvalue())
        now[0] = 6.0
        shown("train", 1000, 900, 1000)
        self.assertTrue(out.getvalue().endswith("train: 1,000 of 1,000, 900 drawn at 150 a second\x1b[K\n"))

    def test_a_log_gets_a_line_a_minute(self):
        now, out = [0.0], io.StringIO()
        shown = progress.Progress(lambda: now[0], out)
        for second in range(150):
            now[0] = float(second)
            shown("train", second + 1, second + 1, 1000)
        self.assertEqual(out.getvalue().count("\n"), 2)


if __name__ == "__main__":
    unittest.main()
