"""A strobe-server in a process of its own, driven by plain grpcio: strobe's independent client.

The environment says what to test (set by CMake): STROBE_TEST_SERVER, STROBE_TEST_CLIENT, STROBE_TEST_MODEL (a model
directory) and STROBE_TEST_STUBS (generated Python stubs). STROBE_TEST_FAKE_ENGINE=1 marks a server whose
pictures mean nothing; tests of pixels skip themselves then. STROBE_TEST_FAKE_SERVER is a server that takes
faults from prompts, as tests/fakes/fake_stage_engine.h says.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

STUBS = os.environ["STROBE_TEST_STUBS"]
sys.path.insert(0, STUBS)

import google.protobuf  # noqa: E402
import grpc  # noqa: E402

google.__path__.append(os.path.join(STUBS, "google"))  # google/rpc beside the installed google/
from google.rpc import error_details_pb2, status_pb2  # noqa: E402
from strobe.v1 import image_generation_pb2 as pb  # noqa: E402
from strobe.v1 import image_generation_pb2_grpc as pb_grpc  # noqa: E402

SERVER = os.environ["STROBE_TEST_SERVER"]
FAKE_SERVER = os.environ["STROBE_TEST_FAKE_SERVER"]
CLIENT = os.environ["STROBE_TEST_CLIENT"]
MODEL = os.environ["STROBE_TEST_MODEL"]
FAKE_ENGINE = os.environ.get("STROBE_TEST_FAKE_ENGINE") == "1"
SANITIZER = os.environ.get("STROBE_TEST_SANITIZER", "")
SERVICE = "strobe.v1.ImageGenerationService"
METHOD = f"/{SERVICE}/GenerateImages"
# How long a test waits for what must happen: it ends a test that hangs, and decides nothing else. A machine may be ten
# times as slow as this one.
PATIENCE = 120


class ServerProcess:
    """Starts the server on free ports and reads its JSON log. Use as a context manager."""

    def __init__(self, *flags, model=MODEL, env=None, program=SERVER):
        command = [program, "--model", model, "--address", "127.0.0.1:0",
                   "--metrics-address", "127.0.0.1:0", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        env={**os.environ, **(env or {})}, text=True)
        self.lines = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def __enter__(self):
        serving = self.wait_for_log("serving")
        self.address = f"127.0.0.1:{serving['port']}"
        self.metrics_url = f"http://127.0.0.1:{serving['metrics_port']}/metrics"
        self.channel = grpc.insecure_channel(self.address)
        self.stub = pb_grpc.ImageGenerationServiceStub(self.channel)
        return self

    def __exit__(self, *_):
        if hasattr(self, "channel"):
            self.channel.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(10)
        self.process.stderr.close()

    def _read_log(self):
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for_log(self, message):
        """The first log record whose msg is `message`; fails with the log when there is none."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                for line in self.lines:
                    if line.startswith("{") and json.loads(line).get("msg") == message:
                        return json.loads(line)
                left = deadline - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._reader.is_alive()):
                    raise AssertionError(f"no '{message}' in the log:\n" + "\n".join(self.lines))
                self._changed.wait(min(left, 0.5))

    def wait_exit(self, timeout=PATIENCE):
        code = self.process.wait(timeout)
        self._reader.join(10)
        return code

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    # -- calls ---------------------------------------------------------------------------------

    def generate(self, prompt="a large red circle on a white background", timeout=PATIENCE, metadata=None,
                 wait_for_ready=False, **fields):
        """All events of one call."""
        request = pb.GenerateImagesRequest(prompt=prompt, **fields)
        return list(self.stub.GenerateImages(request, timeout=timeout, metadata=metadata,
                                             wait_for_ready=wait_for_ready))

    def raw_call(self, payload, method=METHOD, timeout=PATIENCE, **kwargs):
        """Sends bytes as they are; the events, or the raised grpc.RpcError."""
        call = self.channel.unary_stream(method, request_serializer=None, response_deserializer=None)
        return list(call(payload, timeout=timeout, **kwargs))

    # -- counters ------------------------------------------------------------------------------

    def scrape(self):
        with urllib.request.urlopen(self.metrics_url, timeout=PATIENCE) as response:
            return response.read().decode()

    def metric(self, name, **labels):
        """Sum of the samples of `name` whose labels include `labels`."""
        total = 0.0
        for sample, sample_labels, value in parse_metrics(self.scrape()):
            if sample == name and labels.items() <= sample_labels.items():
                total += value
        return total

    def wait_for_metric(self, name, predicate, timeout=PATIENCE, **labels):
        deadline = time.monotonic() + timeout
        while True:
            value = self.metric(name, **labels)
            if predicate(value):
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"{name}{labels} stayed at {value}")
            time.sleep(0.02)

    def counters(self):
        """(started, ended, in flight), from one scrape."""
        sums = {"strobe_requests_started_total": 0.0, "strobe_requests_total": 0.0,
                "strobe_inflight_requests": 0.0}
        for name, _, value in parse_metrics(self.scrape()):
            if name in sums:
                sums[name] += value
        return tuple(sums.values())

    def settled_counters(self, timeout=PATIENCE):
        """The counters once nothing is in flight and all that started has ended, or else the last ones: calls of a
        test before may still arrive, and a scrape catch them half way."""
        deadline = time.monotonic() + timeout
        while True:
            counters = self.counters()
            started, ended, in_flight = counters
            if (started, in_flight) == (ended, 0) or time.monotonic() > deadline:
                return counters
            time.sleep(0.02)


def parse_metrics(text):
    for line in text.splitlines():
        match = re.match(r"^(\w+)(?:\{(.*)\})? (\S+)", line)
        if match and not line.startswith("#"):
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
            yield match.group(1), labels, float(match.group(3))


def images_of(events):
    return [e.image for e in events if e.WhichOneof("event") == "image"]


def error_details(error):
    """{type name: message} of the google.rpc details of an RpcError."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            found = {}
            for packed in status.details:
                name = packed.type_url.rsplit(".", 1)[-1]
                message = getattr(error_details_pb2, name)()
                packed.Unpack(message)
                found[name] = message
            return found
    return {}


class ServerTestCase(unittest.TestCase):
    """One server for all tests of the class; after each test it must still be well."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.server = ServerProcess(*cls.flags).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def tearDown(self):
        self.assert_well()

    def assert_well(self):
        """A good request is answered and started = outcomes + in flight, with nothing in flight."""
        events = self.server.generate(num_inference_steps=1)
        self.assertEqual(len(images_of(events)), 1)
        started, ended, in_flight = self.server.settled_counters()
        self.assertEqual((started, in_flight), (ended, 0))

    def assert_refused(self, code, reason, call, *args, **kwargs):
        """`call` fails with this status and ErrorInfo.reason; returns the error's details."""
        with self.assertRaises(grpc.RpcError) as caught:
            call(*args, **kwargs)
        details = error_details(caught.exception)
        self.assertEqual(caught.exception.code(), code, caught.exception)
        self.assertIn("ErrorInfo", details, caught.exception)
        self.assertEqual(details["ErrorInfo"].reason, reason, caught.exception.details())
        self.assertEqual(details["ErrorInfo"].domain, "strobe")
        return details


def repository_file(*parts):
    return pathlib.Path(__file__).resolve().parents[2].joinpath(*parts)
