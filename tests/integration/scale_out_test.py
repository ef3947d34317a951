"""Three servers behind the client's round robin: one goes, and nothing that could be retried fails."""

import json
import signal
import subprocess
import tempfile
import threading
import unittest

import grpc

from harness import CLIENT, ServerProcess, images_of, pb, pb_grpc

# What a caller that follows docs/operations/kubernetes.md sets.
SERVICE_CONFIG = json.dumps({
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "strobe.v1.ImageGenerationService"},
    "methodConfig": [{
        "name": [{"service": "strobe.v1.ImageGenerationService"}],
        "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.05s", "maxBackoff": "0.5s",
                        "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]})


class Load:
    """Callers that ask again and again until they are told to stop."""

    def __init__(self, channel, callers=4):
        self.stub = pb_grpc.ImageGenerationServiceStub(channel)
        self.images, self.begun_failures, self.refused = 0, [], []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(callers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, caller):
        while not self._stop.is_set():
            events = []
            try:
                for event in self.stub.GenerateImages(pb.GenerateImagesRequest(
                        prompt="a red circle", seed=caller, num_inference_steps=1), timeout=60):
                    events.append(event)
                with self._lock:
                    self.images += len(images_of(events))
            except grpc.RpcError as error:
                with self._lock:
                    # A stream that has begun cannot be run again behind its caller's back.
                    (self.begun_failures if events else self.refused).append(error)


class ScaleOutTest(unittest.TestCase):

    def setUp(self):
        # The delay lets callers see that the server is no longer ready before it closes.
        self.servers = [ServerProcess("--threads", "1", "--lanes", "1", "--max-batch-size", "2",
                                      "--drain-delay", "1s")
                        for _ in range(3)]
        for server in self.servers:
            server.__enter__()
            self.addCleanup(server.__exit__)
        self.address = "ipv4:" + ",".join(server.address for server in self.servers)
        self.channel = grpc.insecure_channel(self.address,
                                             [("grpc.service_config", SERVICE_CONFIG)])
        self.addCleanup(self.channel.close)

    def images_at(self, server):
        return server.metric("strobe_images_total")

    def wait_until_all_serve(self):
        for server in self.servers:
            server.wait_for_metric("strobe_images_total", lambda v: v > 0)

    def wait_for_more(self, servers):
        for server in servers:
            before = self.images_at(server)
            server.wait_for_metric("strobe_images_total", lambda v, b=before: v > b + 3)

    def test_a_server_that_drains_costs_nobody_anything(self):
        with Load(self.channel) as load:
            self.wait_until_all_serve()
            self.servers[0].signal(signal.SIGTERM)
            self.assertEqual(self.servers[0].wait_exit(), 0)
            self.wait_for_more(self.servers[1:])
        self.assertEqual((load.refused, load.begun_failures), ([], []))
        self.assertGreater(load.images, 0)

    def test_a_server_that_is_killed_costs_only_the_streams_it_had_begun(self):
        with Load(self.channel, callers=4) as load:
            self.wait_until_all_serve()
            self.servers[1].signal(signal.SIGKILL)
            self.servers[1].wait_exit()
            self.wait_for_more([self.servers[0], self.servers[2]])
        self.assertEqual(load.refused, [])
        self.assertLessEqual(len(load.begun_failures), 4)
        for error in load.begun_failures:
            self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)

    def test_the_client_spreads_its_calls(self):
        """A run uses the servers that it is connected to, and may be over before it is connected to all."""
        for _ in range(20):
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([CLIENT, "generate", *["a red circle"] * 9, "--address", self.address,
                                       "--steps", "1", "--output", folder], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            served = [self.images_at(server) > 0 for server in self.servers]
            if all(served):
                break
        self.assertEqual(served, [True] * 3)


if __name__ == "__main__":
    unittest.main()
