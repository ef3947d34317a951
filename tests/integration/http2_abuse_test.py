"""Peers that break or strain HTTP/2: what they do to themselves, and that the others do not notice."""

import threading
import time
import unittest

import http2
from harness import METHOD, PATIENCE, SANITIZER, ServerTestCase, images_of, parse_metrics, pb

REQUEST = pb.GenerateImagesRequest(prompt="a red circle", num_inference_steps=1).SerializeToString()
QUEUE = 16
MOST_GROWTH = 128 << 20


class Neighbour:
    """A caller with a connection of its own, who asks again and again."""

    def __init__(self, server):
        self._server = server
        self._stop = threading.Event()
        self.served, self.errors = 0, []
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.is_set() or not self.served:
            try:
                assert len(images_of(self._server.generate(num_inference_steps=1))) == 1
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append(error)
                return
            self.served += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


class Http2AbuseTest(ServerTestCase):

    flags = ("--queue-capacity", str(QUEUE), "--max-images-per-request", "1")

    def connect(self, **kwargs):
        connection = http2.RawConnection(self.server.address, **kwargs)
        self.addCleanup(connection.socket.close)
        return connection

    def counters_at_rest(self):
        """The counters once streams of earlier abuse have all been seen to: the same twice, half a second apart."""
        counters = None
        for _ in range(2 * PATIENCE):
            earlier, counters = counters, self.server.counters()
            if counters == earlier and counters[2] == 0:
                break
            time.sleep(0.5)
        return counters

    def rss(self):
        return self.server.metric("process_resident_memory_bytes")

    def assert_others_notice_nothing(self, abuse):
        """Runs `abuse` beside a neighbour: every call of it is answered, and memory stays bounded. How long the calls
        take is measured, not tested: SECURITY.md has the figures."""
        before = self.rss()
        with Neighbour(self.server) as neighbour:
            abuse()
        self.assertFalse(neighbour.errors)
        if not SANITIZER:
            self.assertLess(self.rss() - before, MOST_GROWTH)

    # -- metadata -------------------------------------------------------------------------------

    def send_metadata(self, extra):
        """Sends a call with these headers and reads until the server has had enough of it."""
        connection = self.connect()
        connection.send(http2.call_frames(1, METHOD, REQUEST, extra))
        for kind, flags, stream, _ in connection.frames():
            if kind in (http2.GOAWAY, http2.RST_STREAM):
                return
            if stream == 1 and kind == http2.HEADERS and flags & http2.END_STREAM:
                return

    def test_oversized_metadata_hurts_its_sender_alone(self):
        self.assert_others_notice_nothing(
            lambda: [self.send_metadata((("x-large", "x" * size),)) for size in
                     (8 << 10, 16 << 10, 1 << 20)])

    def test_ten_thousand_headers_hurt_their_sender_alone(self):
        self.assert_others_notice_nothing(
            lambda: self.send_metadata([(f"x-{i}", "y") for i in range(10_000)]))

    def test_broken_binary_metadata_hurts_its_sender_alone(self):
        self.assert_others_notice_nothing(
            lambda: [self.send_metadata((("x-broken-bin", value),)) for value in
                     ("!!!", "====", "AAA", b"\xff\x00\xff")])

    # -- streams --------------------------------------------------------------------------------

    def test_streams_before_settings_are_acknowledged_meet_the_queue(self):
        """gRPC's limit of streams does not hold for a peer that acknowledges nothing; admission does."""
        count = 500
        started, ended, _ = self.counters_at_rest()
        connection = self.connect(window=1 << 24)
        connection.send(b"".join(http2.call_frames(stream, METHOD, REQUEST) for stream in range(1, 2 * count, 2)))
        closed = set()
        for kind, flags, stream, _ in connection.frames():
            if kind == http2.HEADERS and flags & http2.END_STREAM:
                closed.add(stream)
            if len(closed) == count:
                break
        self.assertEqual(len(closed), count)
        now_started, now_ended, _ = self.server.settled_counters()
        self.assertEqual((now_started - started, now_ended - ended), (count, count))
        self.assertGreater(self.outcomes()["ok"], 0)
        self.assertGreater(self.outcomes()["rejected"], 0)

    def outcomes(self):
        totals = {}
        for name, labels, value in parse_metrics(self.server.scrape()):
            if name == "strobe_requests_total":
                totals[labels["outcome"]] = totals.get(labels["outcome"], 0) + value
        return totals

    def test_rapid_reset_is_cancelled_work_and_nothing_more(self):
        """CVE-2023-44487: calls that are complete and reset at once, as fast as they can be written."""
        def abuse():
            for _ in range(4):
                connection = self.connect()
                burst = b"".join(http2.call_frames(stream, METHOD, REQUEST) + http2.reset(stream)
                                 for stream in range(1, 2000, 2))
                connection.send(burst)

        started = self.server.counters()[0]
        self.assert_others_notice_nothing(abuse)
        self.assertGreater(self.server.settled_counters()[0], started)

    # -- frames ---------------------------------------------------------------------------------

    def test_a_flood_of_pings_is_told_to_calm_down(self):
        goaway = []

        def abuse():
            connection = self.connect()
            for _ in range(100):
                if not connection.send(http2.frame(http2.PING, 0, 0, b"strobe!!") * 100):
                    break
            for kind, _, _, payload in connection.frames():
                if kind == http2.GOAWAY:
                    goaway.append(int.from_bytes(payload[4:8], "big"))

        self.assert_others_notice_nothing(abuse)
        self.assertEqual(goaway[-1:], [http2.ENHANCE_YOUR_CALM])

    def test_floods_of_settings_and_garbage_hurt_their_sender_alone(self):
        def abuse():
            for payload in (http2.frame(http2.SETTINGS, 0, 0) * 1000, b"\xff" * 65536,
                            http2.frame(http2.DATA, 0, 0, b"x") * 1000,
                            http2.frame(http2.CONTINUATION, 0, 1, b"x") * 1000,
                            http2.frame(99, 255, 7, b"x" * 100) * 1000,
                            http2.frame(http2.HEADERS, http2.END_HEADERS, 2, b"\xff" * 100) * 100):
                connection = self.connect()
                connection.socket.settimeout(1)
                for _ in range(20):
                    if not connection.send(payload):
                        break
                connection.socket.close()

        self.assert_others_notice_nothing(abuse)


if __name__ == "__main__":
    unittest.main()
