"""Goodput beside Python servers that hold the same weights: mixed steps, Poisson arrivals."""

import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import statistics
import subprocess
import threading
import time

from figure import Figure
from programs import CALLER_CPUS, SERVER_CPUS, STUDENT, confined_server, load, only_run, pinned, write_workload

KINDS = ("fastapi", "litserve")
STEPS = (1, 2, 3)
PROMPTS = [f"a {size} {colour} {shape} on a {background} background" for size in ("small", "large")
           for colour in ("red", "orange", "green", "purple", "black") for shape in ("circle", "star", "ring")
           for background in ("white", "yellow", "cyan", "pink")]
SECONDS = 30
SLO_FACTOR = 4
MAX_IN_FLIGHT = 512


class Peer:
    """One peer_<kind>.py. Use as a context manager."""

    def __init__(self, kind, python):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        script = pathlib.Path(__file__).resolve().parent / f"peer_{kind}.py"
        self.process = subprocess.Popen(pinned(SERVER_CPUS, python, script, "--model", STUDENT, "--port", self.port),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self._connections = threading.local()

    def __enter__(self):
        deadline = time.monotonic() + 180
        while True:
            try:
                self.draw(random.Random(0))
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the peer does not serve: are fastapi, uvicorn and litserve installed?")
                time.sleep(0.5)

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)  # its workers too
        self.process.wait()

    def draw(self, chance):
        job = {"prompt": chance.choice(PROMPTS), "steps": chance.choice(STEPS), "seed": chance.randrange(2**31)}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request("POST", "/predict", json.dumps(job), {"Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status != 200 or not body:
            raise RuntimeError(f"the peer answered {response.status}")


def _solo_seconds(peer):
    chance, times = random.Random(1), []
    for _ in range(40):
        start = time.perf_counter()
        peer.draw(chance)
        times.append(time.perf_counter() - start)
    return statistics.median(times[5:])


def _capacity(peer, callers=8, seconds=8):
    """Requests a second with `callers` busy."""
    end, count = time.perf_counter() + seconds, [0] * callers

    def call(index):
        chance = random.Random(index)
        while time.perf_counter() < end:
            peer.draw(chance)
            count[index] += 1

    with concurrent.futures.ThreadPoolExecutor(callers) as pool:
        list(pool.map(call, range(callers)))
    return sum(count) / seconds


def _goodput(peer, rate, slo, seed):
    """Requests a second that were answered within `slo` of the time at which they were due."""
    chance, due, latencies = random.Random(seed), time.perf_counter() + 0.5, []

    def call(due, chance):
        peer.draw(chance)
        latencies.append(time.perf_counter() - due)

    with concurrent.futures.ThreadPoolExecutor(MAX_IN_FLIGHT) as pool:
        first = due
        while due < first + SECONDS:
            time.sleep(max(0.0, due - time.perf_counter()))
            pool.submit(call, due, random.Random(chance.random()))
            due += chance.expovariate(rate)
    return sum(latency <= slo for latency in latencies) / SECONDS


def peer_goodput(rounds, scratch, python):
    """strobe / the best Python peer, at the peer's capacity; the objective is 4 times the peer's solo latency."""
    os.sched_setaffinity(0, CALLER_CPUS)  # the peer's callers are threads of this process
    runs = {}
    for kind in KINDS:
        with Peer(kind, python) as peer:
            solo, capacity = _solo_seconds(peer), _capacity(peer)
            goodputs = [_goodput(peer, capacity, SLO_FACTOR * solo, seed) for seed in range(rounds)]
            runs[kind] = (statistics.median(goodputs), goodputs, solo, capacity)
    best = max(runs, key=lambda kind: runs[kind][0])
    _, theirs, solo, capacity = runs[best]
    slo = f"{1e3 * SLO_FACTOR * solo:.0f}ms"
    workload = write_workload(scratch, steps=list(STEPS), prompts=PROMPTS, format="png", slo=slo, deadline=slo)
    with confined_server() as server:
        ours = [only_run(load(server, "--request-rate-range", f"{capacity:.2f}", "--workload", workload, "--seed",
                              seed + 1, "--request-count", f"{SECONDS * capacity:.0f}"))["goodput_per_second"]
                for seed in range(rounds)]
    others = ", ".join(f"{kind} {runs[kind][0]:.1f} of {runs[kind][3]:.1f}/s" for kind in KINDS)
    return [Figure(f"goodput of strobe / of the best Python peer ({best}) at the peer's capacity", ">= 2",
                   [our / their for our, their in zip(ours, theirs)],
                   f"{statistics.median(ours):.1f} requests/s within {slo}; peers: {others}",
                   "scripts/bench.sh peer_goodput")]
