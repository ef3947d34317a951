"""The generated pages are what their scripts would write now."""

import os
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import check_layers  # noqa: E402
import make_reference  # noqa: E402

# Program: where this build has it.
BINARIES = {"strobe-server": os.environ["STROBE_TEST_SERVER"], "strobe-client": os.environ["STROBE_TEST_CLIENT"]}
if "STROBE_TEST_MODEL_TOOL" in os.environ:  # builds without LibTorch have no strobe-model
    BINARIES["strobe-model"] = os.environ["STROBE_TEST_MODEL_TOOL"]


class ReferenceTest(unittest.TestCase):

    maxDiff = None

    def test_the_pages_of_the_programs_are_their_help(self):
        for name, binary in BINARIES.items():
            with self.subTest(program=name):
                written = (make_reference.REFERENCE / f"{name}.md").read_text()
                self.assertEqual(written, make_reference.program_page(name, binary),
                                 "run scripts/make_reference.py")

    def test_the_page_of_the_protocols_is_their_files(self):
        written = (make_reference.REFERENCE / "proto.md").read_text()
        self.assertEqual(written, make_reference.proto_page(), "run scripts/make_reference.py")

    def test_the_page_of_the_protocols_has_every_field(self):
        page = make_reference.proto_page()
        for name in ("GenerateImages", "min_inference_steps", "FINISH_REASON_LOAD", "denoise_batch_sizes",
                     "ModelInfer", "raw_output_contents"):
            self.assertIn(f"| `{name}` |", page)

    def test_the_page_of_the_layers_is_the_table_that_is_checked(self):
        written = (ROOT / check_layers.PAGE).read_text()
        self.assertEqual(written, check_layers.page(), "run scripts/check_layers.py --markdown")


if __name__ == "__main__":
    unittest.main()
