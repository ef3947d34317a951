"""Faults of the engine in a real process: what callers hear, and what the process leaves with."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest

import grpc

from harness import (FAKE_ENGINE, FAKE_SERVER, MODEL, SERVER, ServerProcess, error_details,
                     images_of)


def fake_server(*flags):
    return ServerProcess(*flags, model="no-such-model", program=FAKE_SERVER)


def end_of(server, prompt, **fields):
    """(code, ErrorInfo.reason) of a call; (OK, number of images) when it succeeds."""
    try:
        return grpc.StatusCode.OK, len(images_of(server.generate(prompt=prompt, **fields)))
    except grpc.RpcError as error:
        details = error_details(error)
        return error.code(), details["ErrorInfo"].reason if "ErrorInfo" in details else error.details()


class FatalFaultsTest(unittest.TestCase):

    def assert_ends_with(self, server, prompt, exit_code, words):
        """Everybody hears UNAVAILABLE, whoever caused it, and the process leaves with the code."""
        ends, lock = [], threading.Lock()

        def ask(text):
            end = end_of(server, text, num_images=8, num_inference_steps=4)
            with lock:
                ends.append(end)

        others = [threading.Thread(target=ask, args=(f"beside {i}",)) for i in range(6)]
        for thread in others:
            thread.start()
        # All have arrived: one that comes after the end finds nobody who could tell it a reason.
        server.wait_for_metric("strobe_requests_started_total", lambda v: v >= len(others))
        ask(prompt)
        for thread in others:
            thread.join()
        self.assertEqual(server.wait_exit(), exit_code)
        lost = (grpc.StatusCode.UNAVAILABLE, "DEVICE_FAULT")
        self.assertEqual(set(ends) - {(grpc.StatusCode.OK, 8)}, {lost}, ends)
        records = [json.loads(line) for line in server.lines if line.startswith("{")]
        requests = [record for record in records if record["msg"] == "request"]
        self.assertEqual(len(requests), len(ends))
        self.assertEqual(sum(record["reason"] == "DEVICE_FAULT" for record in requests),
                         ends.count(lost))
        self.assertIn(words, server.lines[-1])
        self.assertTrue(server.lines[-1].startswith("strobe-server: "), server.lines[-1])

    def test_a_lost_device_ends_with_exit_code_4(self):
        with fake_server() as server:
            self.assert_ends_with(server, "lose-device", 4, "device lost")

    def test_a_hung_engine_ends_with_exit_code_5(self):
        with fake_server("--hang-timeout", "2s") as server:
            self.assert_ends_with(server, "hang", 5, "the engine hangs: denoise")

    def test_a_hung_engine_does_not_keep_a_server_from_stopping(self):
        with fake_server("--hang-timeout", "2s", "--drain-timeout", "0s") as server:
            encodes = ("strobe_stage_duration_seconds_count", {"stage": "encode_prompt"})
            before = server.metric(encodes[0], **encodes[1])
            caller = threading.Thread(target=end_of, args=(server, "hang"))
            caller.start()
            # Encoded, and not waiting any more: it hangs in its first denoising step.
            server.wait_for_metric(encodes[0], lambda v: v > before, **encodes[1])
            server.wait_for_metric("strobe_queue_depth", lambda v: v == 0)
            server.signal()
            caller.join()
            self.assertEqual(server.wait_exit(), 5)


class SurvivedFaultsTest(unittest.TestCase):

    def test_faults_of_a_batch_end_their_own_requests_and_are_counted(self):
        with fake_server() as server:
            internal = (grpc.StatusCode.INTERNAL, "ENGINE_FAILURE")
            self.assertEqual(end_of(server, "fail-denoise"), internal)
            self.assertEqual(end_of(server, "not-finite"), internal)
            self.assertEqual(end_of(server, "oom-decode-above-0"),
                             (grpc.StatusCode.RESOURCE_EXHAUSTED, "OUT_OF_MEMORY"))
            self.assertEqual(end_of(server, "oom-denoise-above-2", num_images=8),
                             (grpc.StatusCode.OK, 8))
            self.assertEqual(end_of(server, "slow"), (grpc.StatusCode.OK, 1))
            for kind, at_least in (("error", 1), ("not_finite", 1), ("out_of_memory", 3),
                                   ("device_lost", 0), ("hung", 0)):
                value = server.metric("strobe_engine_faults_total", kind=kind)
                self.assertGreaterEqual(value, at_least, kind)
                self.assertEqual(value > 0, at_least > 0, kind)
            started, ended, in_flight = server.settled_counters()
            self.assertEqual((started, ended, in_flight), (5, 5, 0))


@unittest.skipIf(FAKE_ENGINE, "needs a model")
class SelfTestTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.model = pathlib.Path(folder.name) / "model"
        shutil.copytree(MODEL, self.model)

    def start(self, *flags):
        done = subprocess.run(
            [SERVER, "--model", str(self.model), "--address", "127.0.0.1:0", "--metrics-address",
             "off", *flags], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertNotIn('"serving"', done.stderr)
        return done.returncode, done.stderr.splitlines()[-1]

    def test_a_model_that_draws_other_pictures_than_stored_is_not_served(self):
        pictures = self.model / "self_test"
        shutil.copy(pictures / "1.png", pictures / "2.png")
        code, line = self.start()
        self.assertEqual(code, 3, line)
        for word in ("self-test of model tiny-shapes", "seed 2", "not the one stored", "off by up to"):
            self.assertIn(word, line)

    def test_a_stored_picture_that_cannot_be_read_is_named(self):
        (self.model / "self_test" / "3.png").write_bytes(b"no picture")
        code, line = self.start()
        self.assertEqual(code, 1, line)
        self.assertIn("self_test/3.png", line)

    def test_it_can_be_skipped(self):
        shutil.rmtree(self.model / "self_test")
        (self.model / "self_test").mkdir()
        with ServerProcess("--skip-self-test", model=str(self.model)) as server:
            self.assertEqual(len(images_of(server.generate())), 1)


if __name__ == "__main__":
    unittest.main()
