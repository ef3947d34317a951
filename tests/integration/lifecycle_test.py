"""Starting, refusing to start, being scraped, draining."""

import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import grpc

import http2
from grpc_health import check
from harness import (CLIENT, FAKE_ENGINE, FAKE_SERVER, METHOD, MODEL, PATIENCE, SANITIZER, SERVER,
                     SERVICE, ServerProcess, images_of, parse_metrics, pb)

CANARY = "canary-prompt-7f3a"


def run_server(*flags, env=None):
    """Runs a server that is expected not to start: (exit code, stderr)."""
    done = subprocess.run([SERVER, *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=PATIENCE,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stderr


class RefusingToStartTest(unittest.TestCase):

    def assert_one_clear_line(self, output, *words):
        lines = [line for line in output.splitlines() if line.strip()]
        self.assertEqual([line for line in lines if not line.startswith("{")], lines[-1:])  # but for the log
        for word in words:
            self.assertIn(word, lines[-1], output)

    def test_no_model_and_bad_flags_are_usage_errors(self):
        for flags, word in (((), "--model"), (("--model", MODEL, "--no-such-flag"), "no-such-flag"),
                            (("--model", MODEL, "--max-batch-size", "many"), "max-batch-size"),
                            (("--model", MODEL, "--max-batch-size", "0"), "max-batch-size"),
                            (("--model", MODEL, "--config", "/no/such.toml"), "such.toml")):
            code, output = run_server(*flags)
            self.assertEqual(code, 2, output)
            self.assertIn(word, output)

    def test_bad_environment_names_the_variable(self):
        code, output = run_server("--model", MODEL, env={"STROBE_MAX_BATCH_SIZE": "many"})
        self.assertEqual(code, 2, output)
        self.assert_one_clear_line(output, "STROBE_MAX_BATCH_SIZE", "many")

    def test_port_in_use(self):
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            port = busy.getsockname()[1]
            code, output = run_server("--model", MODEL, "--address", f"127.0.0.1:{port}",
                                      "--metrics-address", "127.0.0.1:0")
        self.assertEqual(code, 1, output)
        self.assert_one_clear_line(output, str(port))

    @unittest.skipIf(FAKE_ENGINE, "the fake engine needs no device")
    def test_a_device_that_is_not_there(self):
        code, output = run_server("--model", MODEL, "--address", "127.0.0.1:0", "--metrics-address",
                                  "off", "--device", "cuda:99")
        self.assertEqual(code, 1, output)
        self.assert_one_clear_line(output, "cuda:99")

    @unittest.skipIf(FAKE_ENGINE, "the fake engine reads no files")
    def test_broken_model_directories_are_named_with_the_reason(self):
        def missing(root):
            shutil.rmtree(root)

        def no_unet(root):
            (root / "unet" / "diffusion_pytorch_model.safetensors").unlink()

        def truncated(root):
            weights = root / "unet" / "diffusion_pytorch_model.safetensors"
            weights.write_bytes(weights.read_bytes()[:100_000])

        def unknown_class(root):
            index = json.loads((root / "model_index.json").read_text())
            index["unet"] = ["diffusers", "MysteryTransformer"]
            (root / "model_index.json").write_text(json.dumps(index))

        def not_json(root):
            (root / "unet" / "config.json").write_text("{")

        for damage, words in ((missing, ["does not exist"]),
                              (no_unet, ["unet", "diffusion_pytorch_model.safetensors"]),
                              (truncated, ["unet/diffusion_pytorch_model.safetensors"]),
                              (unknown_class, ["MysteryTransformer"]),
                              (not_json, ["unet/config.json"])):
            with self.subTest(damage=damage.__name__), tempfile.TemporaryDirectory() as folder:
                root = pathlib.Path(folder) / "model"
                shutil.copytree(MODEL, root)
                damage(root)
                code, output = run_server("--model", str(root), "--address", "127.0.0.1:0",
                                          "--metrics-address", "127.0.0.1:0")
                self.assertEqual(code, 1, output)
                self.assert_one_clear_line(output, *words)


class RunningTest(unittest.TestCase):

    def test_health_metrics_and_log_of_a_working_server(self):
        with ServerProcess() as server:
            self.assertEqual(check(server.channel, ""), "SERVING")
            self.assertEqual(check(server.channel, SERVICE), "SERVING")
            self.assertEqual(len(images_of(server.generate(prompt=f"a red circle {CANARY}"))), 1)
            server.wait_for_metric("strobe_inflight_requests", lambda v: v == 0)
            text = server.scrape()
            self.check_metrics(text)
            self.assertNotIn(CANARY, text)
        self.assertEqual(server.process.returncode, 0)
        self.assertFalse([line for line in server.lines if CANARY in line])
        for line in server.lines:
            if line.strip():
                self.assertIn("msg", json.loads(line))

    def check_metrics(self, text):
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        names = {name for name, _, _ in parse_metrics(text)}
        for name in ("requests_total", "requests_started_total", "request_duration_seconds_count",
                     "stage_duration_seconds_count", "queue_wait_seconds_count",
                     "time_to_first_image_seconds_count", "batch_size_count", "images_total",
                     "denoise_steps_total", "queue_depth", "queue_capacity", "inflight_requests",
                     "wasted_compute_seconds_total", "prompt_cache_hits_total",
                     "prompt_cache_misses_total", "device_memory_bytes",
                     "model_loaded_timestamp_seconds", "draining", "build_info", "model_info",
                     "device_info", "batch_joins_total", "mixed_step_batches_total",
                     "network_rows_total"):
            self.assertIn(f"strobe_{name}", names)
        for name in ("started_total", "handled_total", "msg_received_total", "msg_sent_total",
                     "handling_seconds_count"):
            self.assertIn(f"grpc_server_{name}", names)

    def test_options_come_from_flag_then_environment_then_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
            config.write("queue-capacity=11\nmax-images-per-request=3\n")
            config.flush()
            with ServerProcess("--config", config.name, "--max-batch-size", "2",
                               env={"STROBE_QUEUE_CAPACITY": "12", "STROBE_MAX_BATCH_SIZE": "5"}) as s:
                self.assertEqual(s.metric("strobe_queue_capacity"), 12)
                model = s.stub.ListModels(pb.ListModelsRequest(), timeout=10).models[0]
                self.assertEqual(model.max_num_images, 3)

    def test_sigterm_under_load_answers_everything_admitted(self):
        with ServerProcess() as server:
            outcomes, lock = [], threading.Lock()

            def ask(seed):
                events = []
                try:
                    for event in server.stub.GenerateImages(pb.GenerateImagesRequest(
                            prompt="a red circle", seed=seed, num_images=2), timeout=60):
                        events.append(event)
                    outcome = len(images_of(events))
                except grpc.RpcError as error:
                    outcome = "lost after it was accepted" if events else error.code()
                with lock:
                    outcomes.append(outcome)

            threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(16)]
            for thread in threads:
                thread.start()
            server.wait_for_metric("strobe_images_total", lambda v: v > 0)
            server.signal(signal.SIGTERM)
            for thread in threads:
                thread.join()
            self.assertEqual(server.wait_exit(), 0)
            self.assertLessEqual(set(outcomes), {2, grpc.StatusCode.UNAVAILABLE})
            self.assertIn(2, outcomes)

    def call_until_stuck(self, server, peer, request):
        """Calls until the kernel takes no more for this peer; how many calls there were, with those of others."""
        others = 0
        for calls in range(8, 200, 8):
            for stream in range(2 * calls - 15, 2 * calls, 2):
                peer.send(http2.call_frames(stream, METHOD, request))
            server.wait_for_metric("strobe_requests_started_total", lambda started: started >= calls + others)
            sent = []
            while server.metric("strobe_inflight_requests") > 0:
                sent.append(server.metric("strobe_images_total") - others)
                if len(sent) >= 3 and len(set(sent[-3:])) == 1:  # nothing for it while others are served
                    return calls + others
                others += len(images_of(server.generate(num_inference_steps=1)))
                time.sleep(1)
        raise AssertionError("the kernel takes everything")

    def test_a_peer_that_takes_nothing_does_not_hold_up_the_end(self):
        """gRPC closes no connection while a write is stuck in it; the kernel would give it 20 s."""
        request = pb.GenerateImagesRequest(prompt="a red circle", num_images=8,
                                           num_inference_steps=1, width=64, height=64,
                                           output_format=pb.OUTPUT_FORMAT_RAW_RGB8)
        with ServerProcess("--drain-timeout", "1s") as server, http2.RawConnection(
                server.address, window=1 << 28, receive_buffer=4096) as peer:
            calls = self.call_until_stuck(server, peer, request.SerializeToString())
            server.signal(signal.SIGTERM)
            start = time.monotonic()
            self.assertEqual(server.wait_exit(), 0)
            self.assertLess(time.monotonic() - start, 14)
            ended = [json.loads(line) for line in server.lines if '"request"' in line]
            self.assertEqual(len(ended), calls)
            self.assertIn("SHUTTING_DOWN", {record["reason"] for record in ended})

    @unittest.skipIf(SANITIZER == "address", "UBSan's own checks need a free descriptor")
    def test_running_out_of_file_descriptors_passes(self):
        with ServerProcess() as server:
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (40, 40))
            port = int(server.address.rsplit(":", 1)[1])
            peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
            server.wait_for_log("no file descriptor for a new connection; it has to wait")
            for peer in peers:
                peer.close()
            self.assertEqual(len(images_of(server.generate(wait_for_ready=True))), 1)

    def test_silent_scrapers_keep_nobody_out(self):
        with ServerProcess() as server:
            port = int(server.metrics_url.rsplit(":", 1)[1].split("/")[0])
            peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]  # more than it holds
            self.assertIn("strobe_build_info", server.scrape())
            for peer in peers:
                peer.close()

    def test_threads_start_beside_libraries_with_much_thread_local_storage(self):
        with ServerProcess(env={"LD_PRELOAD": os.environ["STROBE_TEST_STATIC_TLS"]}) as server:
            self.assertEqual(len(images_of(server.generate(num_inference_steps=1))), 1)
            self.assertEqual(server.metric("strobe_images_total"), 1)

    def test_killed_client_is_counted_as_cancelled(self):
        """The call hangs in the engine, so that it is in flight whenever its client is killed."""
        with ServerProcess("--hang-timeout", "1h", model="no-such-model",
                           program=FAKE_SERVER) as server:
            client = subprocess.Popen([CLIENT, "generate", "hang", "--address", server.address],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            server.wait_for_metric("strobe_inflight_requests", lambda v: v == 1)
            client.kill()
            client.wait()
            server.wait_for_metric("strobe_requests_total", lambda v: v == 1, outcome="cancelled")
            self.assertEqual(server.settled_counters(), (1, 1, 0))
            server.process.kill()  # its engine never comes back


if __name__ == "__main__":
    unittest.main()
