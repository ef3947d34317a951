"""Every bad input gets a clear error, and the same server answers the next good request."""

import math
import unittest

import grpc

import http2
from harness import FAKE_SERVER, METHOD, PATIENCE, SERVICE, ServerProcess, ServerTestCase, error_details, images_of, pb

INVALID = grpc.StatusCode.INVALID_ARGUMENT
OK, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED = 0, 4, 8  # as numbers
INT32_MIN, INT32_MAX = -2**31, 2**31 - 1


class BadFieldTest(ServerTestCase):

    def assert_violations(self, fields, **request):
        request.setdefault("prompt", "a red circle")
        details = self.assert_refused(INVALID, "INVALID_REQUEST", self.server.generate, **request)
        named = {v.field for v in details["BadRequest"].field_violations}
        self.assertEqual(named, set(fields), request)
        for violation in details["BadRequest"].field_violations:
            self.assertGreater(len(violation.description), 5)

    def test_empty_and_blank_prompts(self):
        for prompt in ("", "   ", "\t\n"):
            self.assert_violations({"prompt"}, prompt=prompt)

    def test_long_prompts(self):
        self.assert_violations({"prompt"}, prompt="x" * 2049)

    def test_control_characters(self):
        for prompt in ("a\0b", "a\x07b", "a\x1b[31mb", "a\x7fb"):
            self.assert_violations({"prompt"}, prompt=prompt)

    def test_numbers_out_of_range(self):
        for field, bad in {
            "num_images": (-1, 1000, INT32_MIN, INT32_MAX),
            "width": (-1, 1, 63, 65, 7, INT32_MIN, INT32_MAX, INT32_MAX - 7),
            "height": (-1, 1, 63, 65, 7, INT32_MIN, INT32_MAX, INT32_MAX - 7),
            "num_inference_steps": (-1, 1000, INT32_MIN, INT32_MAX),
            "min_inference_steps": (-1, 1000, INT32_MIN, INT32_MAX),
            "partial_images": (-1, 1000, INT32_MIN, INT32_MAX),
            "output_quality": (-1, 101, INT32_MIN, INT32_MAX),
            "guidance_scale": (-1.0, 1e38, math.nan, math.inf, -math.inf),
        }.items():
            for value in bad:
                with self.subTest(field=field, value=value):
                    self.assert_violations(
                        {field}, **{field: value},
                        output_format=pb.OUTPUT_FORMAT_JPEG if field == "output_quality" else 0)

    def test_extreme_seeds_are_fine(self):
        for seed in (0, 1, 2**63, 2**64 - 1):
            image, = images_of(self.server.generate(seed=seed, num_inference_steps=1))
            self.assertEqual(image.seed, seed)

    def test_unknown_enums(self):
        self.assert_violations({"output_format"}, output_format=99)
        self.assert_violations({"deadline_policy"}, deadline_policy=99)
        self.assert_violations({"priority"}, priority=99)

    def test_all_wrong_fields_are_named_at_once(self):
        self.assert_violations(
            {"prompt", "num_images", "width", "height", "num_inference_steps", "guidance_scale"},
            prompt=" ", num_images=-1, width=-8, height=9, num_inference_steps=77,
            guidance_scale=math.nan)

    def test_unknown_model(self):
        self.assert_refused(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND", self.server.generate,
                            model="../../etc/passwd")


class BadBytesTest(ServerTestCase):

    def test_undecodable_bytes(self):
        for payload in (b"\xff\xff\xff", b"\x12\x7fabc", b"\x0a"):
            with self.subTest(payload=payload):
                self.assert_refused(INVALID, "UNDECODABLE_REQUEST", self.server.raw_call, payload)

    def test_call_without_a_message(self):
        call = self.server.channel.stream_stream(METHOD)
        self.assert_refused(grpc.StatusCode.CANCELLED, "CANCELLED",
                            lambda: list(call(iter(()), timeout=20)))

    def test_invalid_utf8(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.server.raw_call(b"\x12\x03a\xc3\x28")
        self.assertEqual(caught.exception.code(), INVALID)

    def test_prompt_of_a_megabyte(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.server.generate(prompt="x" * 2**20)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_compressed_bomb_is_refused_without_growing(self):
        request = pb.GenerateImagesRequest(prompt="x" * 2**26)
        before = self.server.metric("process_resident_memory_bytes")
        with self.assertRaises(grpc.RpcError) as caught:
            list(self.server.stub.GenerateImages(request, timeout=30,
                                                 compression=grpc.Compression.Gzip))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertLess(self.server.metric("process_resident_memory_bytes") - before, 32 * 2**20)

    def test_unknown_method(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.server.raw_call(b"", method=f"/{SERVICE}/DropTables")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertNotIn("DropTables", self.server.scrape())


class BadTimingTest(ServerTestCase):

    def test_a_deadline_that_is_past_on_arrival_costs_the_device_nothing(self):
        """Written by hand: a client's own library would not send it."""
        def runs():
            return self.server.metric("strobe_stage_duration_seconds_count", stage="encode_prompt")

        request = pb.GenerateImagesRequest(prompt="a red circle", num_inference_steps=1)
        before = runs()
        for _ in range(20):
            with http2.RawConnection(self.server.address, window=1 << 20) as peer:
                peer.send(http2.call_frames(1, METHOD, request.SerializeToString(),
                                            (("grpc-timeout", "1n"),)))
                self.assertEqual(http2.status_of(peer), DEADLINE_EXCEEDED)
        self.server.wait_for_metric("strobe_inflight_requests", lambda v: v == 0)
        self.assertEqual(runs(), before)

    def test_deadline_too_short(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.server.generate(timeout=0.001)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_junk_timeouts(self):
        """Timeouts that are none leave the server's own; those that are some count."""
        request = pb.GenerateImagesRequest(prompt="a red circle", num_inference_steps=1)
        for timeout, status in (("99999999H", OK), ("123456789012345H", OK), ("banana", OK),
                                ("-5S", OK), ("5", OK), ("5x", OK), ("", OK), ("20S", OK),
                                ("1n", DEADLINE_EXCEEDED), ("0S", DEADLINE_EXCEEDED)):
            with self.subTest(timeout=timeout), http2.RawConnection(
                    self.server.address, window=1 << 20) as peer:
                peer.send(http2.call_frames(1, METHOD, request.SerializeToString(),
                                            (("grpc-timeout", timeout),)))
                self.assertEqual(http2.status_of(peer), status)

    def test_cancel_at_every_moment(self):
        cancelled = self.server.metric("strobe_requests_total", outcome="cancelled")
        for events_before_cancel in (0, 1, 2, 3, 4):
            # More pixels than a stream's window: the call cannot complete before they are read.
            call = self.server.stub.GenerateImages(
                pb.GenerateImagesRequest(prompt="a blue star", num_images=8, width=64, height=64,
                                         output_format=pb.OUTPUT_FORMAT_RAW_RGB8),
                timeout=PATIENCE)
            for _ in range(events_before_cancel):
                next(call)
            call.cancel()
        self.server.wait_for_metric("strobe_inflight_requests", lambda v: v == 0)
        self.assertGreater(self.server.metric("strobe_requests_total", outcome="cancelled"),
                           cancelled)


class FullQueueTest(unittest.TestCase):

    def test_full_queue(self):
        """No call ends before its caller gives up, so that the queue is full however slowly the calls arrive."""
        with ServerProcess("--queue-capacity", "4", "--max-images-per-request", "1", "--hang-timeout",
                           "1h", model="no-such-model",
                           program=FAKE_SERVER) as server:
            calls = []
            for count in range(1, 5):
                calls.append(server.stub.GenerateImages(pb.GenerateImagesRequest(prompt="hang"), timeout=PATIENCE))
                server.wait_for_metric("strobe_requests_started_total", lambda v, c=count: v == c)
            with self.assertRaises(grpc.RpcError) as caught:
                server.generate()
            details = error_details(caught.exception)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
            self.assertEqual(details["ErrorInfo"].reason, "QUEUE_FULL")
            delay = details["RetryInfo"].retry_delay
            self.assertGreater(delay.seconds + delay.nanos * 1e-9, 0)
            for call in calls:
                call.cancel()
            self.assertEqual(server.settled_counters(), (5, 5, 0))
            server.process.kill()  # its engine never comes back


class SlowReaderTest(ServerTestCase):

    flags = ("--write-stall-timeout", "5s")

    def test_reader_that_stops_reading_is_cut_off_and_hinders_nobody(self):
        # Raw pixels, more than the window of a peer that never widens it.
        request = pb.GenerateImagesRequest(prompt="a blue star", num_images=8, width=64, height=64,
                                           output_format=pb.OUTPUT_FORMAT_RAW_RGB8)
        with http2.RawConnection(self.server.address) as peer:
            peer.send(http2.call_frames(1, METHOD, request.SerializeToString()))
            self.server.wait_for_metric("strobe_images_total", lambda v: v > 0)
            self.assertEqual(len(images_of(self.server.generate())), 1)
            self.server.wait_for_metric("strobe_requests_total", lambda v: v == 1,
                                        outcome="failed", reason="SLOW_READER")
            self.assertEqual(http2.status_of(peer), RESOURCE_EXHAUSTED)


if __name__ == "__main__":
    unittest.main()
