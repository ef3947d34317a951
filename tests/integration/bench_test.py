"""A benchmark of a real server: what the client reports is what the server counted and says it is."""

import csv
import json
import pathlib
import subprocess
import tempfile
import unittest

from harness import CLIENT, FAKE_ENGINE, ServerProcess, parse_metrics

REQUESTS, WARM_UP, REPEATS = 12, 2, 2


class BenchTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        """Both servers of the comparison are the same one, so that its counts are known: twice REPEATS runs."""
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.output = pathlib.Path(folder.name)
        with ServerProcess("--exact", "--max-batch-size", "4") as server:
            cls.done = subprocess.run(
                [CLIENT, "bench", "--address", server.address, "--metrics-url", server.metrics_url,
                 "--compare-address", server.address, "--repeats", str(REPEATS), "--concurrency-range", "4",
                 "--request-count", str(REQUESTS), "--warmup-request-count", str(WARM_UP), "--steps", "1,2",
                 "--pixel-check", "0.2", "--output", folder.name, "--fail-if", "broken_images>0", "--fail-if",
                 "errors>0", "--fail-if", "pixel_mismatches>0", "--fail-if", "unrepeatable>0"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
            cls.metrics = {(name, tuple(sorted(labels.items()))): value
                           for name, labels, value in parse_metrics(server.scrape())}
        cls.summary = json.loads((cls.output / "summary.json").read_text())

    def test_ends_well_and_says_so(self):
        self.assertEqual(self.done.returncode, 0, self.done.stdout + self.done.stderr)
        for words in ("pixel check", "joins a step", "compared with", "2 pairs of runs"):
            self.assertIn(words, self.done.stdout)

    def test_the_servers_counts_are_those_of_the_run(self):
        level = self.summary["levels"][0]
        process = level["server_process"]
        self.assertEqual(process["outcomes"], {"ok OK": REQUESTS + WARM_UP})
        decode = process["batches"]["decode"]
        self.assertAlmostEqual(sum(decode["batches"].values()) * decode["mean"], REQUESTS + WARM_UP)
        images = self.metrics["strobe_images_total", ()]
        checked = level["pixel_check"], self.summary["compared_levels"][0]["pixel_check"]
        self.assertEqual(images, 2 * REPEATS * (REQUESTS + WARM_UP) + 2 * sum(c["repeated"] for c in checked))
        for check in checked:
            self.assertGreater(check["repeated"], 0)
        if not FAKE_ENGINE:  # which fills up nothing
            self.assertGreater(process["batches"]["denoise"]["padding_share"], 0)

    def test_the_report_says_what_was_measured(self):
        provenance = self.summary["provenance"]
        self.assertEqual(len(provenance["servers"]), 2)
        facts = provenance["servers"][0]["facts"]
        model = next(labels for name, labels in facts.items() if name.startswith("model "))
        self.assertGreaterEqual(int(facts["device cpu"]["lanes"]), 1)
        self.assertNotEqual(facts["build"]["build"], "unknown")
        self.assertEqual(model["dtype"], "float32")
        if not FAKE_ENGINE:
            self.assertRegex(model["weights"], "^[0-9a-f]{16}$")
            self.assertEqual(model["decoder"], "AutoencoderTiny")
            self.assertRegex(facts["build"]["onednn"], r"^\d+\.\d+")

    def test_every_request_is_a_line_and_every_latency_in_the_histogram(self):
        with (self.output / "requests.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 2 * REPEATS * (REQUESTS + WARM_UP))
        self.assertEqual({row["status"] for row in rows}, {"OK"})
        self.assertEqual({len(row["steps_at"].split()) for row in rows}, {1, 2})
        for name in ("hist.hgrm", "hist-compared.hgrm"):
            self.assertIn(f"Total count    = {REPEATS * REQUESTS:12d}]", (self.output / name).read_text())


if __name__ == "__main__":
    unittest.main()
