"""docs/operations/faults.md names tests that exist, and every row has one or a reason."""

import pathlib
import re
import unittest

TESTS = pathlib.Path(__file__).resolve().parent
CATALOGUE = TESTS.parent / "docs" / "operations" / "faults.md"
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+) \|$", CATALOGUE.read_text(), re.MULTILINE)


class FaultCatalogueTest(unittest.TestCase):

    def test_the_rows_are_1_to_68(self):
        self.assertEqual([int(number) for number, _, _ in ROWS], list(range(1, 69)))

    def test_every_named_test_exists(self):
        sources = "\n".join(path.read_text() for path in TESTS.rglob("*_test.cc"))
        known = {f"{suite}.{name}" for suite, name in re.findall(
            r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", sources, re.MULTILINE)}
        for number, _, shown in ROWS:
            for name in re.findall(r"`([^`]+)`", shown):
                with self.subTest(row=number, name=name):
                    if "_test.py::" in name:
                        file, test = name.split("::")
                        self.assertIn(f"def {test}(", (TESTS / "integration" / file).read_text())
                    elif re.fullmatch(r"[A-Z]\w+\.[A-Z]\w+", name):
                        self.assertTrue(name in known, name)
                    elif "/" in name:
                        self.assertTrue(list(TESTS.parent.glob(f"{name}*")), name)

    def test_a_row_without_a_test_has_a_reason(self):
        for number, _, shown in ROWS:
            if not re.search(r"`[^`]*(Test\.|_test\.py::)", shown):
                with self.subTest(row=number):
                    self.assertGreater(len(shown), 20)


if __name__ == "__main__":
    unittest.main()
