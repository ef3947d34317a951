"""strobe-client and the Python example as their users run them."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from PIL import Image

from harness import CLIENT, ServerTestCase, repository_file


class ClientTest(ServerTestCase):

    def run_client(self, *arguments, address=None, **kwargs):
        return subprocess.run([CLIENT, *arguments, "--address", address or self.server.address],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120, **kwargs)

    def test_generate_writes_the_pictures_and_prints_their_paths(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_client("generate", "a red circle", "a blue star", "--seed", "7", "--steps",
                                   "1", "--num-images", "2", "--format", "jpeg", "--output", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            files = sorted(pathlib.Path(folder).iterdir())
            self.assertEqual(len(files), 4)
            for file in files:
                self.assertIn(str(file), done.stdout + done.stderr)
                with Image.open(file) as picture:
                    self.assertEqual(picture.format, "JPEG")
                    picture.load()

    def test_generate_never_overwrites(self):
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(2):
                done = self.run_client("generate", "a red circle", "--seed", "7", "--output", folder)
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(list(pathlib.Path(folder).iterdir())), 2)

    def test_preview_draws_half_blocks(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_client("generate", "a red circle", "--preview", "blocks", "--output",
                                   folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("\u2580", done.stdout + done.stderr)
            self.assertIn("\x1b[38;2;", done.stdout + done.stderr)

    def test_json_is_machine_readable(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_client("generate", "a red circle", "--seed", "7", "--json", "--output",
                                   folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            json.loads(done.stdout.splitlines()[-1] if done.stdout.startswith("{\"") else done.stdout)

    def test_health_and_models(self):
        self.assertIn("SERVING", self.run_client("health").stdout)
        self.assertIn("steps", self.run_client("models").stdout.lower())

    def test_exit_codes_tell_what_happened(self):
        with tempfile.TemporaryDirectory() as folder:
            generate = ("generate", "a red circle", "--output", folder)
            for code, arguments, address in (
                    (2, ("generate",), None),
                    (2, (*generate, "--size", "banana"), None),
                    (3, (*generate, "--deadline", "120s"), "127.0.0.1:1"),
                    (3, ("health",), "127.0.0.1:1"),
                    (4, (*generate, "--size", "63x63"), None),
                    (4, (*generate, "--model", "nobody"), None),
                    (6, (*generate, "--num-images", "8", "--deadline", "1ms"), None)):
                with self.subTest(arguments=arguments):
                    done = self.run_client(*arguments, address=address)
                    self.assertEqual(done.returncode, code, done.stderr)
                    self.assertTrue(done.stderr.strip())
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def test_help_shows_an_example(self):
        done = subprocess.run([CLIENT, "generate", "--help"], stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertIn("strobe-client generate \"", done.stdout)

    def test_python_example_draws_a_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, repository_file("client", "examples", "python", "generate.py"),
                 "a red circle", "--address", self.server.address, "--output", folder],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                env={**os.environ, "XDG_CACHE_HOME": folder})
            self.assertEqual(done.returncode, 0, done.stderr)
            picture, = pathlib.Path(folder).glob("*.png")
            with Image.open(picture) as opened:
                opened.load()

    def test_python_live_example_answers_the_last_prompt(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, repository_file("client", "examples", "python", "live.py"),
                 "a red", "a red circle", "--address", self.server.address, "--output", folder],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                env={**os.environ, "XDG_CACHE_HOME": folder})
            self.assertEqual(done.returncode, 0, done.stderr)
            last = json.loads(done.stdout.splitlines()[-1])
            self.assertEqual((last["revision"], "completed" in last), (2, True))
            with Image.open(next(pathlib.Path(folder).glob("2/*.png"))) as opened:
                opened.load()


if __name__ == "__main__":
    unittest.main()
