"""Real clients that are killed, stopped, reset, deaf and wrong against a real server whose engine fails, while
certificates change and, at the end, SIGTERM comes: nothing is lost, counted twice, or left behind.

STROBE_CHAOS_SECONDS: how long (12 by default). scripts/verify_chaos.sh runs it for minutes.
"""

import collections
import json
import os
import pathlib
import time
import unittest

from chaos import Audit, Certificates, Storm, make_folder
from chaos_client import LEFT_HANGING
from footprint import GRPC_POOLS, Footprint, MemoryCurve
from harness import FAKE_SERVER, PATIENCE, SANITIZER, ServerProcess, parse_metrics

SECONDS = float(os.environ.get("STROBE_CHAOS_SECONDS", "12"))
PROGRAM = os.environ.get("STROBE_CHAOS_SERVER", FAKE_SERVER)
MODEL = os.environ.get("STROBE_CHAOS_MODEL", "no-such-model")
SEED = int(os.environ.get("STROBE_CHAOS_SEED", "1"))

# From one storm to the next; the allocator's caches move by a few MiB either way, LibTorch's by more.
MAX_GROWTH_MIB, MAX_GROWTH_SHARE = 12, 0.1
# Of the seven clients that a storm ends with.
MAX_HANGING = 2
# For sockets and threads that are about to end.
SETTLE_SECONDS = PATIENCE


class AuditTest(unittest.TestCase):

    def problems(self, ledger, log, scrape=None):
        with make_folder() as folder:
            pathlib.Path(folder, "one.jsonl").write_text(
                "".join(json.dumps(entry) + "\n" for entry in ledger) + '{"id": "half a li')
            return Audit(folder, [json.dumps({"ts": "", "msg": "request", **r}) for r in log]).problems(scrape)

    def test_finds_what_does_not_agree(self):
        sent, ended = {"id": "a"}, {"id": "a", "code": "OK", "images": 2, "reason": None}
        record = {"request_id": "a", "outcome": "ok", "reason": "OK", "images_sent": 2}
        scrape = ('strobe_requests_started_total 1\nstrobe_inflight_requests 0\nstrobe_queue_depth 0\n'
                  'strobe_requests_total{outcome="ok",reason="OK"} 1\n')
        self.assertEqual(self.problems([sent, ended], [record], scrape), [])
        self.assertEqual(self.problems([sent], [record]), [])  # its client was killed
        for ledger, log in (([sent, ended], [record, record]), ([], [record]), ([sent, ended], []),
                            ([sent, ended], [{**record, "images_sent": 1}]),
                            ([sent, ended], [{**record, "outcome": "failed"}]),
                            ([sent, {**ended, "code": "UNAVAILABLE", "reason": "DRAINING"}], []),
                            ([sent, {**ended, "code": "INTERNAL", "reason": "ENGINE_FAILURE"}],
                             [{**record, "outcome": "failed", "reason": "INTERNAL"}])):
            self.assertEqual(len(self.problems(ledger, log)), 1, (ledger, log))
        hanging = {"id": "a", "hangs_at": 1000.0}
        for timestamp, problems in (("1970-01-01T00:16:39.000Z", 0), ("1970-01-01T00:16:41.000Z", 1)):
            self.assertEqual(len(self.problems([sent, hanging], [{**record, "ts": timestamp}])), problems)
        self.assertEqual(self.problems([sent, hanging], []), [])  # it never arrived
        for counters in (scrape.replace("started_total 1", "started_total 2"),
                         scrape.replace("inflight_requests 0", "inflight_requests 1"),
                         scrape.replace('"OK"} 1', '"OK"} 3')):
            self.assertNotEqual(self.problems([sent, ended], [record], counters), [])


class ChaosTest(unittest.TestCase):

    maxDiff = None

    def test_clients_log_and_counters_agree_to_the_request(self):
        folder = make_folder()
        self.addCleanup(folder.cleanup)
        certificates = Certificates()
        self.addCleanup(certificates.close)
        flags = ("--tls-certificate", str(certificates.certificate), "--tls-key", str(certificates.key),
                 "--write-stall-timeout", "2s", "--queue-capacity", "64", "--drain-timeout", "20s")
        with ServerProcess(*flags, program=PROGRAM, model=MODEL) as server:
            self.storm(server, certificates, folder.name, SECONDS * 0.3, seed=SEED)
            before = self.settle(server)
            with MemoryCurve(server.process.pid) as memory:
                self.storm(server, certificates, folder.name, SECONDS * 0.6, seed=SEED + 1)
            after = self.settle(server, like=before)
            audit = Audit(folder.name, server.lines)
            scrape = server.scrape()
            self.report(before, after, audit, scrape)
            print(f"  memory in the second storm: {memory}", flush=True)
            self.assertEqual(audit.problems(scrape)[:20], [])
            self.assertGreater(server.metric("strobe_images_total"), 0)
            self.assert_flat(before, after)

            last = Storm(server.address, certificates, folder.name, SEED + 2)
            last.begin()
            last.run(max(2.0, SECONDS * 0.1))
            server.signal()
            code = server.wait_exit()
            last.end()
            self.assertEqual(code, 0, server.lines[-5:])
        audit = Audit(folder.name, server.lines)
        self.assertEqual(audit.problems()[:20], [])
        print(f"after SIGTERM: {len(audit.records)} requests in all, exit code {code}")

    def storm(self, server, certificates, folder, seconds, seed):
        storm = Storm(server.address, certificates, folder, seed)
        storm.begin()
        storm.run(seconds)
        codes = storm.end()
        hanging = [role for role, code in codes.items() if code == LEFT_HANGING]
        self.assertLessEqual(set(codes.values()), {0, LEFT_HANGING}, codes)
        self.assertLessEqual(len(hanging), MAX_HANGING, codes)
        print(f"storm of {seconds:.0f} s: {storm.started} clients, {storm.killed} killed, {storm.stopped} stopped, "
              f"{storm.resets} connections reset, {certificates.rotations} certificates so far", flush=True)
        if hanging:
            print(f"  gRPC's Python client hung in {', '.join(hanging)}: the audit looks at what the server made of it",
                  flush=True)

    def settle(self, server, like=None):
        """What the server holds when nobody calls any more; with `like`, as soon as it is no more than that."""
        server.wait_for_metric("strobe_inflight_requests", lambda v: v == 0)
        server.wait_for_metric("strobe_open_connections", lambda v: v == 0)
        # The log line of the last request may still be on its way through the pipe.
        started = server.metric("strobe_requests_started_total")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and len(Audit("/nowhere", server.lines).records) < started:
            time.sleep(0.05)
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            held = Footprint(server.process.pid)
            if like is None or not self.leaks(like, held) or time.monotonic() > deadline:
                return held
            time.sleep(0.2)

    @staticmethod
    def leaks(before, after):
        """Threads and descriptors that there are more of, as texts."""
        found = [] if after.threads <= before.threads else [f"{after.threads - before.threads} threads"]
        more = collections.Counter(after.descriptors) - collections.Counter(before.descriptors)
        return found + [f"{count} of {kind}" for kind, count in more.items()]

    def report(self, before, after, audit, scrape):
        codes = collections.Counter(entry["code"] for entry in audit.ended.values())
        faults = {labels["kind"]: int(value) for name, labels, value in parse_metrics(scrape)
                  if name == "strobe_engine_faults_total"}
        print(f"{len(audit.sent)} calls sent, {len(audit.ended)} ended as their callers know, "
              f"{len(audit.records)} counted")
        print(f"  callers: {dict(codes)}")
        print(f"  server:  { {'/'.join(k): v for k, v in sorted(audit.counts().items())} }")
        print(f"  engine's faults: {faults}")
        print(f"  held after the first storm:  {before}\n  held after the second storm: {after}", flush=True)

    def assert_flat(self, before, after):
        self.assertEqual(self.leaks(before, after), [])
        self.assertLessEqual(after.pool_threads, len(GRPC_POOLS) * 2 * os.cpu_count())
        if not SANITIZER:  # they keep freed memory
            room = max(MAX_GROWTH_MIB, MAX_GROWTH_SHARE * before.rss_mib)
            self.assertLessEqual(after.rss_mib, before.rss_mib + room)


if __name__ == "__main__":
    unittest.main()
