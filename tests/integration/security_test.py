"""TLS, tokens, ports for operators, connection limits, and peers that mean no good."""

import io
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree

import grpc
from PIL import Image

from certificates import Authority
from distant_server import DistantServer
from grpc_health import check
from harness import (CLIENT, MODEL, PATIENCE, SERVER, SERVICE, ServerProcess, error_details, images_of, pb,
                     pb_grpc)

TOKEN, OTHER_TOKEN = "0123456789abcdef-web", "fedcba9876543210-batch"


def generate(channel, metadata=None, **fields):
    request = pb.GenerateImagesRequest(prompt="a red circle", num_inference_steps=1, **fields)
    return list(pb_grpc.ImageGenerationServiceStub(channel).GenerateImages(
        request, timeout=PATIENCE, metadata=metadata))


def run_client(*arguments, **kwargs):
    return subprocess.run([CLIENT, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE,
                          check=False, **kwargs)


class TlsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)
        cls.certificate, cls.key = cls.authority.issue("server")
        cls.flags = ("--tls-certificate", str(cls.certificate), "--tls-key", str(cls.key))

    def channel(self, address, name=None):
        """A fresh TLS connection; with a client certificate when `name` is given."""
        pair = (self.authority.read(f"{name}.key"), self.authority.read(f"{name}.pem")) if name else (
            None, None)
        credentials = grpc.ssl_channel_credentials(self.authority.read("ca.pem"), *pair)
        # A pool of its own: channels of one target would share a connection.
        return grpc.secure_channel(address, credentials, [("grpc.use_local_subchannel_pool", 1)])

    def served_serial(self, address):
        """The certificate that a new handshake gets."""
        host, port = address.split(":")
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"{host}:{port}", "-alpn", "h2"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        serial = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=done.stdout,
                                stdout=subprocess.PIPE, check=False)
        return serial.stdout

    def replace(self, name):
        """Puts NAME's pair in the place of the server's."""
        for suffix in ("key", "pem"):
            os.replace(self.authority.path(f"{name}.{suffix}"),
                       self.authority.path(f"server.{suffix}"))

    def test_tls_answers_tls_alone_and_health_has_a_plaintext_port(self):
        with ServerProcess(*self.flags, "--health-address", "127.0.0.1:0") as server:
            with self.channel(server.address) as channel:
                self.assertEqual(len(images_of(generate(channel))), 1)
            with self.assertRaises(grpc.RpcError) as caught:
                generate(server.channel)  # plaintext
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
            health = f"127.0.0.1:{server.wait_for_log('listening')['health_port']}"
            with grpc.insecure_channel(health) as channel:
                self.assertEqual(check(channel, SERVICE), "SERVING")
                with self.assertRaises(grpc.RpcError) as caught:
                    generate(channel)
                self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_the_client_speaks_tls_and_refuses_strangers(self):
        with ServerProcess(*self.flags) as server:
            address = ("--address", server.address)
            done = run_client("health", *address, "--tls-ca", self.authority.path("ca.pem"))
            self.assertEqual((done.returncode, done.stdout.strip()), (0, "SERVING"), done.stderr)
            stranger = Authority()
            self.addCleanup(stranger.close)
            self.assertNotEqual(
                run_client("health", *address, "--tls-ca", stranger.path("ca.pem")).returncode, 0)
            self.assertEqual(run_client("health", *address, "--tls-ca", "/no/such").returncode, 2)

    def test_a_far_server_has_time_for_its_handshake(self):
        with ServerProcess(*self.flags) as server, DistantServer(server.address, delay=0.5) as far:
            done = run_client("health", "--address", far.address, "--tls-ca", self.authority.path("ca.pem"))
            self.assertEqual((done.returncode, done.stdout.strip()), (0, "SERVING"), done.stderr)

    def test_rotation_takes_good_pairs_and_keeps_the_last_good_one(self):
        with ServerProcess(*self.flags) as server:
            first = self.served_serial(server.address)
            expiry = server.metric("strobe_tls_certificate_expiry_timestamp_seconds")
            self.assertAlmostEqual(expiry, time.time() + 10 * 86400, delta=3600)

            old_key = self.authority.read("server.key")
            self.authority.issue("other")
            self.authority.path("server.key").write_bytes(self.authority.read("other.key"))
            server.wait_for_metric("strobe_tls_reload_failures_total", lambda v: v == 1)
            self.assertEqual(self.served_serial(server.address), first)
            with self.channel(server.address) as channel:
                self.assertEqual(len(images_of(generate(channel))), 1)
            self.authority.path("server.key").write_bytes(old_key)

            self.authority.issue("next", days=20)
            self.replace("next")
            server.wait_for_metric("strobe_tls_certificate_expiry_timestamp_seconds",
                                   lambda v: v > expiry + 5 * 86400)
            self.assertNotEqual(self.served_serial(server.address), first)
            with self.channel(server.address) as channel:
                self.assertEqual(len(images_of(generate(channel))), 1)

    def test_mutual_tls_wants_a_certificate_and_knows_the_caller_by_it(self):
        self.authority.issue("web", alternative="URI:spiffe://house/web")
        flags = (*self.flags, "--tls-client-ca", str(self.authority.path("ca.pem")))
        with ServerProcess(*flags) as server:
            with self.channel(server.address) as channel, self.assertRaises(grpc.RpcError):
                generate(channel)
            with self.channel(server.address, "web") as channel:
                self.assertEqual(len(images_of(generate(channel))), 1)
            self.assertEqual(server.wait_for_log("request")["caller"], "san:spiffe://house/web")
            done = run_client("health", "--address", server.address, "--tls-ca",
                              self.authority.path("ca.pem"), "--tls-certificate",
                              self.authority.path("web.pem"), "--tls-key",
                              self.authority.path("web.key"))
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_files_that_cannot_be_used_keep_it_from_starting(self):
        for flags, word in ((("--tls-certificate", str(self.certificate)), "--tls-key"),
                            (("--tls-client-ca", str(self.certificate)), "--tls-client-ca"),
                            (("--tls-certificate", "/no/such", "--tls-key", str(self.key)), "/no/such"),
                            (("--tls-certificate", str(self.certificate), "--tls-key",
                              str(self.certificate)), "key file"),
                            (("--token-file", "/no/such"), "/no/such"),
                            (("--admin-address", "0.0.0.0:0"), "--admin-address")):
            with self.subTest(flags=flags):
                done = subprocess.run([SERVER, "--model", MODEL, "--address", "127.0.0.1:0",
                                       "--metrics-address", "off", *flags], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, timeout=60, check=False)
                self.assertIn(done.returncode, (1, 2))
                self.assertIn(word, done.stderr.splitlines()[-1])


class TokenTest(unittest.TestCase):

    def setUp(self):
        self.tokens = tempfile.NamedTemporaryFile("w", suffix=".tokens")
        self.addCleanup(self.tokens.close)
        self.write(f"web {TOKEN}\n")

    def write(self, text):
        pathlib.Path(self.tokens.name).write_text(text, encoding="utf-8")

    def assert_unauthenticated(self, server, metadata):
        with self.assertRaises(grpc.RpcError) as caught:
            generate(server.channel, metadata)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAUTHENTICATED)
        self.assertEqual(error_details(caught.exception)["ErrorInfo"].reason, "UNAUTHENTICATED")
        self.assertNotIn(TOKEN, caught.exception.details())

    def test_a_token_is_needed_for_all_but_health(self):
        bearer = (("authorization", f"Bearer {TOKEN}"),)
        with ServerProcess("--token-file", self.tokens.name) as server:
            self.assertEqual(check(server.channel, SERVICE), "SERVING")
            for wrong in (None, (("authorization", "Bearer wrong-wrong-wrong-wrong"),),
                          (("authorization", TOKEN),), bearer + bearer):
                self.assert_unauthenticated(server, wrong)
            with self.assertRaises(grpc.RpcError) as caught:
                server.stub.ListModels(pb.ListModelsRequest(), timeout=10)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAUTHENTICATED)
            self.assertEqual(len(images_of(generate(server.channel, bearer))), 1)
            server.wait_for_metric("strobe_inflight_requests", lambda v: v == 0)
            self.assertEqual(server.metric("strobe_requests_total", reason="UNAUTHENTICATED"), 4)
            callers = [json.loads(line)["caller"] for line in server.lines
                       if '"msg":"request"' in line]
            self.assertEqual(callers[-1], "token:web")
            self.assertFalse([line for line in server.lines if TOKEN in line])

            with tempfile.NamedTemporaryFile("w") as own, tempfile.TemporaryDirectory() as folder:
                own.write(TOKEN + "\n")
                own.flush()
                client = ("generate", "a red circle", "--address", server.address, "--output", folder)
                self.assertEqual(run_client(*client, "--token-file", own.name).returncode, 0)
                self.assertNotEqual(run_client(*client).returncode, 0)

    def test_a_changed_file_is_taken_up_and_a_broken_one_is_not(self):
        with ServerProcess("--token-file", self.tokens.name) as server:
            self.write("broken")
            server.wait_for_metric("strobe_token_reload_failures_total", lambda v: v == 1)
            self.assertEqual(len(images_of(generate(
                server.channel, (("authorization", f"Bearer {TOKEN}"),)))), 1)
            self.write(f"batch {OTHER_TOKEN}\n")
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                try:
                    generate(server.channel, (("authorization", f"Bearer {OTHER_TOKEN}"),))
                    break
                except grpc.RpcError as error:
                    self.assertEqual(error.code(), grpc.StatusCode.UNAUTHENTICATED)
            self.assert_unauthenticated(server, (("authorization", f"Bearer {TOKEN}"),))


class SecrecyTest(unittest.TestCase):
    """A prompt goes into the pixels and nowhere else."""

    def outputs_of(self, server, canary):
        """Everything that the server says of requests with the canary in them, good and bad."""
        said = []
        encoded = canary.encode()
        for fields in ({}, {"width": -1}, {"model": "nobody"}, {"num_inference_steps": 99},
                       {"prompt": canary + "\0"}, {"prompt": canary * 300},
                       {"negative_prompt": canary + "\x1b[31m"}, {"timeout": 0.001, "num_images": 8},
                       {"output_format": pb.OUTPUT_FORMAT_JPEG},
                       {"output_format": pb.OUTPUT_FORMAT_WEBP, "partial_images": 1}):
            try:
                events = server.generate(**{"prompt": canary, **fields})
                said += [event.SerializeToString() for event in events]
            except grpc.RpcError as error:
                said += [str(error).encode(), repr(error.trailing_metadata()).encode()]
        for payload in (b"\x12" + bytes([len(encoded) + 1]) + encoded + b"\xff", encoded):
            with self.assertRaises(grpc.RpcError) as caught:
                server.raw_call(payload)
            said += [str(caught.exception).encode(), repr(caught.exception.trailing_metadata()).encode()]
        call = server.stub.GenerateImages(pb.GenerateImagesRequest(prompt=canary, num_images=8))
        next(call)
        call.cancel()
        server.wait_for_metric("strobe_inflight_requests", lambda v: v == 0)
        return said + [server.scrape().encode()]

    def test_no_output_holds_a_prompt(self):
        canary = "canary-4711-prompt"
        with ServerProcess("--log-level", "debug") as server:
            said = self.outputs_of(server, canary)
        said += [line.encode() for line in server.lines]
        self.assertGreater(len(said), 30)
        for text in said:
            self.assertNotIn(canary.encode(), text)
        for line in server.lines:
            json.loads(line)  # one JSON object a line, whatever was sent

    def test_pictures_are_marked_and_tell_the_prompt_only_when_asked(self):
        formats = (pb.OUTPUT_FORMAT_PNG, pb.OUTPUT_FORMAT_JPEG, pb.OUTPUT_FORMAT_WEBP)
        for flags, told in (((), False), (("--embed-prompts",), True)):
            with ServerProcess(*flags) as server:
                for output_format in formats:
                    picture, = images_of(server.generate(prompt="a red circle & a star", seed=7,
                                                         output_format=output_format))
                    start = picture.data.index(b"<x:xmpmeta")
                    packet = picture.data[start:picture.data.index(b"</x:xmpmeta>") + 12].decode()
                    description, = xml.etree.ElementTree.fromstring(packet).iter(RDF + "Description")
                    self.assertTrue(description.get(IPTC + "DigitalSourceType").endswith(
                        "/trainedAlgorithmicMedia"))
                    self.assertIn("strobe", description.get(IPTC + "AISystemUsed"))
                    prompt = description.get(IPTC + "AIPromptInformation")
                    self.assertEqual(bool(prompt), told)
                    if told:
                        self.assertTrue(prompt.startswith("a red circle & a star (seed 7, "))
                    with Image.open(io.BytesIO(picture.data)) as opened:
                        opened.load()


RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
CHANNELZ = "/grpc.channelz.v1.Channelz/GetServers"


class AdminPortTest(unittest.TestCase):

    def test_reflection_and_channelz_are_on_the_admin_port_alone(self):
        def ask(channel, method, payload):
            call = channel.stream_stream(method)
            return b"".join(call(iter([payload]), timeout=10))

        with ServerProcess("--admin-address", "127.0.0.1:0") as server:
            admin = f"127.0.0.1:{server.wait_for_log('listening')['admin_port']}"
            for method in (REFLECTION, CHANNELZ):
                with self.assertRaises(grpc.RpcError) as caught:
                    ask(server.channel, method, b"")
                self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)
            with grpc.insecure_channel(admin) as channel:
                # ServerReflectionRequest.list_services is field 7.
                self.assertIn(SERVICE.encode(), ask(channel, REFLECTION, b"\x3a\x01*"))
                self.assertTrue(ask(channel, CHANNELZ, b""))
                self.assertEqual(len(images_of(generate(channel))), 1)
                self.assertEqual(check(channel, SERVICE), "SERVING")


class ConnectionLimitTest(unittest.TestCase):

    def connect(self, server):
        host, port = server.address.split(":")
        peer = socket.create_connection((host, int(port)))
        self.addCleanup(peer.close)
        return peer

    def test_a_flood_is_turned_away_and_the_server_serves_on(self):
        with ServerProcess("--max-connections-per-address", "8") as server:
            self.assertEqual(len(images_of(server.generate())), 1)
            peers = [self.connect(server) for _ in range(50)]
            server.wait_for_metric("strobe_connections_refused_total", lambda v: v >= 42)
            self.assertEqual(server.metric("strobe_connections_refused_total", reason="limit"), 0)
            self.assertEqual(len(images_of(server.generate())), 1)  # the connection it has
            server.wait_for_metric("strobe_open_connections", lambda v: v == 8)
            for peer in peers:
                peer.close()
            server.wait_for_metric("strobe_open_connections", lambda v: v == 1)
            with grpc.insecure_channel(server.address,
                                       [("grpc.use_local_subchannel_pool", 1)]) as channel:
                self.assertEqual(len(images_of(generate(channel))), 1)

    def test_silent_peers_are_hung_up_on(self):
        with ServerProcess() as server:
            peers = [self.connect(server) for _ in range(20)]
            for peer in peers:
                peer.settimeout(PATIENCE)
            self.assertEqual(len(images_of(server.generate())), 1)
            for peer in peers:  # the handshake's time is over after 10 s
                while peer.recv(4096):
                    pass


if __name__ == "__main__":
    unittest.main()
