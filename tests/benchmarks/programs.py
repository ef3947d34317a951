"""The programs of build/release for the benchmarks: servers, the load client, loops; all on loopback."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = ROOT / "build" / "release" / "bin"
STUDENT = ROOT / "model" / "students" / "scenes"
START_SECONDS = 600

# Models run on as many threads as half of the cores, where the bare loops run that they are measured against. What else a
# server does shares the other half with its callers, as on a machine with a device; a confined server has the first half alone.
ALL_CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPUS = ALL_CPUS[:max(1, len(ALL_CPUS) // 2)]
CALLER_CPUS = ALL_CPUS[len(SERVER_CPUS):] or ALL_CPUS


def pinned(cpus, *command):
    return ["taskset", "--cpu-list", ",".join(map(str, cpus)), *map(str, command)]


class Server:
    """strobe-server, or another program with its log, on free ports. Use as a context manager."""

    def __init__(self, *flags, model=STUDENT, program="strobe-server", cpus=ALL_CPUS, env=None):
        command = pinned(cpus, BIN / program, "--model", model, "--address", "127.0.0.1:0",
                         "--metrics-address", "127.0.0.1:0", "--threads", len(SERVER_CPUS), *flags)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **(env or {})})
        self._serving = threading.Event()
        self._log = []
        threading.Thread(target=self._read_log, daemon=True).start()

    def _read_log(self):
        for line in self.process.stderr:
            self._log = self._log[-20:] + [line]
            record = json.loads(line) if line.startswith("{") else {}
            if record.get("msg") == "serving":
                self.address = f"127.0.0.1:{record['port']}"
                self.metrics_url = f"http://127.0.0.1:{record['metrics_port']}/metrics"
                self._serving.set()

    def __enter__(self):
        deadline = time.monotonic() + START_SECONDS
        while not self._serving.wait(0.2):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server does not serve:\n" + "".join(self._log))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(120)


def confined_server(*flags, **options):
    """One that shares its models' cores."""
    return Server(*flags, cpus=SERVER_CPUS, **options)


def json_lines(program, *flags, cpus=SERVER_CPUS):
    """What a program prints, one JSON object a line."""
    output = subprocess.run(pinned(cpus, BIN / program, *flags), check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in output.splitlines()]


def load(server, *flags, cpus=CALLER_CPUS, void_is_fine=False):
    """strobe-client bench against `server`: the whole summary.json."""
    command = pinned(cpus, BIN / "strobe-client", "bench", "--address", server.address, "--metrics-url",
                     server.metrics_url, "--pixel-check", "0", "--output", "", "--json", *flags)
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 8):
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    summary = json.loads(done.stdout)
    if summary["void"] and not void_is_fine:
        print("  note: the load client lagged behind its schedule by its own rule")
    return summary


def only_run(summary):
    """Of a summary with one load, run once."""
    return summary["levels"][0]["runs"][0]


def measured_costs(folder, *flags, model=STUDENT):
    """The file that `strobe-server measure` writes, for `simulate`."""
    path = pathlib.Path(folder) / "costs.json"
    subprocess.run(pinned(SERVER_CPUS, BIN / "strobe-server", "measure", "--model", model, "--output", path, *flags),
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


def simulate(costs, *flags):
    output = subprocess.run([str(word) for word in (BIN / "strobe-server", "simulate", "--cost-model", costs,
                                                    "--json", *flags)],
                            check=True, text=True, stdout=subprocess.PIPE).stdout
    return json.loads(output)


def write_workload(folder, **request_class):
    """A file for --workload with one class."""
    handle, path = tempfile.mkstemp(suffix=".json", dir=folder)
    with os.fdopen(handle, "w") as file:
        json.dump({"classes": [request_class]}, file)
    return path
