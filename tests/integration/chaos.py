"""The machinery of the chaos test: callers that come and go, a wire that breaks, certificates that change, and
the audit of what client and server say of each other."""

import collections
import datetime
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from certificates import Authority
from chaos_client import LEFT_HANGING
from harness import parse_metrics

# The outcomes that the server may count for a status that it has sent.
OUTCOMES_OF_CODE = {
    "OK": {"ok"},
    "INVALID_ARGUMENT": {"invalid"},
    "INTERNAL": {"failed"},
    "CANCELLED": {"cancelled"},
    "DEADLINE_EXCEEDED": {"expired", "rejected"},
    "RESOURCE_EXHAUSTED": {"rejected", "failed"},
    "UNAVAILABLE": {"rejected", "failed"},
}
# Statuses that a client makes itself: its deadline, its cancellation, a connection that broke. Then the server may
# have done anything.
MADE_BY_CLIENTS = {"DEADLINE_EXCEEDED", "CANCELLED", "UNAVAILABLE"}
# Without a reason from the server: the connection broke or the time was over before the request left.
MAY_NOT_HAVE_ARRIVED = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
# What gRPC makes of calls that arrive in the moment in which the server closes (docs/operations/kubernetes.md).
MAY_NOT_HAVE_ARRIVED_WHILE_CLOSING = MAY_NOT_HAVE_ARRIVED | {"CANCELLED"}


class Client:
    """A chaos_client.py process."""

    def __init__(self, mode, address, ca, ledger, seed):
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(pathlib.Path(__file__).with_name("chaos_client.py")), mode, address,
             str(ca), str(ledger), str(seed)], stdin=subprocess.PIPE)

    def ask_to_stop(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()

    def wait(self):
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


class BreakingWire:
    """A TCP proxy on the loopback address that resets each connection after a while, in the middle of whatever
    passes."""

    def __init__(self, target, seed):
        host, port = target.split(":")
        self._target = (host, int(port))
        self._rng = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self._stopping = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.resets = 0

    def close(self):
        self._stopping = True
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self):
        while not self._stopping:
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            thread = threading.Thread(target=self._carry, daemon=True,
                                      args=(near, far, self._rng.uniform(0.2, 3)))
            self._threads = [t for t in self._threads if t.is_alive()] + [thread]
            thread.start()

    def _carry(self, near, far, seconds):
        end = time.monotonic() + seconds
        try:
            for peer in (near, far):
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                peer.settimeout(0.02)
            while time.monotonic() < end and not self._stopping:
                for source, sink in ((near, far), (far, near)):
                    try:
                        data = source.recv(65536)
                    except TimeoutError:
                        continue
                    if not data:
                        return
                    sink.sendall(data)
        except OSError:
            pass
        finally:
            near.close()
            far.close()
            self.resets += 1


class Certificates:
    """The server's pair of files, replaced again and again; every third time by something useless first."""

    def __init__(self):
        self.authority = Authority()
        self.certificate, self.key = self.authority.issue("server")
        self.ca = self.authority.path("ca.pem")
        self.rotations = 0

    def rotate(self):
        if self.rotations % 3 == 2:
            self.certificate.write_text("no certificate")
            time.sleep(0.3)
        name = f"next{self.rotations}"
        self.authority.issue(name)
        for suffix in ("key", "pem"):
            os.replace(self.authority.path(f"{name}.{suffix}"), self.authority.path(f"server.{suffix}"))
        self.rotations += 1

    def close(self):
        self.authority.close()


class Storm:
    """Callers for a while. Everything about it comes from `seed`, but not the moments."""

    def __init__(self, address, certificates, folder, seed):
        self._address, self._certificates, self._folder = address, certificates, pathlib.Path(folder)
        self._rng = random.Random(seed)
        self._clients = {}  # by role
        self._wire = BreakingWire(address, seed)
        self.started = self.killed = self.stopped = self.resets = 0

    def _start(self, role, mode, address=None):
        self.started += 1
        ledger = self._folder / f"{role}-{self._rng.randrange(1 << 48):x}.jsonl"
        self._clients[role] = Client(mode, address or self._address, self._certificates.ca, ledger,
                                     self._rng.randrange(1 << 30))

    def begin(self):
        for role in ("steady-1", "steady-2", "victim", "sleeper"):
            self._start(role, "steady")
        self._start("broken-wire", "steady", self._wire.address)
        self._start("deaf", "deaf")
        self._start("garbage", "garbage")

    def run(self, seconds, rotate_every=4.0):
        """Kills one client, stops another, and rotates the certificates, until the time is over."""
        end = time.monotonic() + seconds
        due = {"kill": 2.0, "stop": 2.5, "rotate": rotate_every}
        next_at = {what: time.monotonic() + after * self._rng.uniform(0.5, 1) for what, after in due.items()}
        while time.monotonic() < end:
            what = min(next_at, key=next_at.get)
            time.sleep(max(0, min(next_at[what], end) - time.monotonic()))
            if time.monotonic() >= end:
                break
            getattr(self, f"_{what}")()
            next_at[what] = time.monotonic() + due[what] * self._rng.uniform(0.5, 1.5)

    def _kill(self):
        self._clients["victim"].kill()
        self.killed += 1
        self._start("victim", "steady")

    def _stop(self):
        sleeper = self._clients["sleeper"]
        sleeper.process.send_signal(signal.SIGSTOP)
        self.stopped += 1
        time.sleep(self._rng.uniform(0.2, 1.0))
        if self._rng.random() < 0.5:
            sleeper.process.send_signal(signal.SIGCONT)
        else:
            sleeper.kill()
            self._start("sleeper", "steady")

    def _rotate(self):
        self._certificates.rotate()

    def end(self):
        """Lets every client finish what it has begun."""
        for client in self._clients.values():
            client.ask_to_stop()
        codes = {role: client.wait() for role, client in self._clients.items()}
        self._wire.close()
        self.resets = self._wire.resets
        return codes


def seconds_of(timestamp):
    """Unix time of a log line's `ts`."""
    return datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


class Audit:
    """The clients' ledgers, the server's log and its counters, held against each other."""

    def __init__(self, folder, log_lines):
        self.sent, self.ended, self.hanging = set(), {}, {}  # request ids; by id; since when, by id
        for path in pathlib.Path(folder).glob("*.jsonl"):
            for line in path.read_text().splitlines():
                try:
                    entry = json.loads(line)
                except json.JSONDecodeError:
                    continue  # its writer was killed
                self.sent.add(entry["id"])
                if "code" in entry:
                    self.ended[entry["id"]] = entry
                if "hangs_at" in entry:
                    self.hanging[entry["id"]] = entry["hangs_at"]
        self.records = [json.loads(line) for line in log_lines if line.startswith('{"ts"')]
        self.records = [record for record in self.records if record.get("msg") == "request"]

    def counts(self):
        """How many records have each (outcome, reason)."""
        return collections.Counter((r["outcome"], r["reason"]) for r in self.records)

    def problems(self, scrape=None):
        """Everything that does not agree, as texts. Without `scrape`, the server has been closed under load."""
        found = []
        unseen = MAY_NOT_HAVE_ARRIVED if scrape is not None else MAY_NOT_HAVE_ARRIVED_WHILE_CLOSING
        by_id = collections.Counter(record["request_id"] for record in self.records)
        record_of = {record["request_id"]: record for record in self.records}
        found += [f"{i} was counted {n} times" for i, n in by_id.items() if n > 1]
        found += [f"{i} was counted and never sent" for i in by_id if i not in self.sent]
        for request_id, entry in self.ended.items():
            record = record_of.get(request_id)
            if record is None:
                if entry["code"] not in unseen or entry["reason"] is not None:
                    found.append(f"{entry} was never counted")
            elif not self._agree(entry, record):
                found.append(f"{entry} was counted as {record['outcome']}/{record['reason']}, "
                             f"{record['images_sent']} images")
        for request_id, since in self.hanging.items():
            # The hang is the client's own only if the server had ended the call before.
            record = record_of.get(request_id)
            if record is not None and seconds_of(record["ts"]) >= since:
                found.append(f"{request_id} hung while the server still had it")
        return found + (self._problems_of_counters(scrape) if scrape is not None else [])

    @staticmethod
    def _agree(entry, record):
        if entry["code"] == "OK":
            return record["outcome"] == "ok" and record["images_sent"] == entry["images"]
        if entry["reason"] is None:
            # A call that is cut off in the middle of a write gets its status without details.
            cut_off = entry["code"] == "RESOURCE_EXHAUSTED" and record["reason"] == "SLOW_READER"
            return cut_off or entry["code"] in MADE_BY_CLIENTS
        return (entry["reason"] == record["reason"]
                and record["outcome"] in OUTCOMES_OF_CODE.get(entry["code"], ()))

    def _problems_of_counters(self, scrape):
        values = collections.Counter()
        outcomes = collections.Counter()
        for name, labels, value in parse_metrics(scrape):
            values[name] += value
            if name == "strobe_requests_total" and value > 0:
                outcomes[labels["outcome"], labels["reason"]] = value
        found = []
        if values["strobe_requests_started_total"] != sum(outcomes.values()):
            found.append(f"{values['strobe_requests_started_total']} started, "
                         f"{sum(outcomes.values())} ended")
        for gauge in ("strobe_inflight_requests", "strobe_queue_depth"):
            if values[gauge] != 0:
                found.append(f"{gauge} is {values[gauge]}")
        if outcomes != self.counts():
            found.append(f"counters {dict(outcomes)} but log {dict(self.counts())}")
        return found


def make_folder():
    return tempfile.TemporaryDirectory(prefix="strobe-chaos-")
