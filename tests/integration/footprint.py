"""What a process holds: memory over time, threads, descriptors."""

import os
import pathlib
import re
import threading

# Threads of gRPC that come with the load; each pool has at most twice as many as there are cores.
GRPC_POOLS = {"default-executo", "resolver-execut", "event_engine", "grpc_global_tim"}


def resident_mib(pid):
    fields = pathlib.Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGESIZE") / (1 << 20)


class Footprint:
    """What a process holds now."""

    def __init__(self, pid):
        self.rss_mib = resident_mib(pid)
        names = [path.read_text().strip() for path in pathlib.Path(f"/proc/{pid}/task").glob("*/comm")]
        self.pool_threads = sum(name in GRPC_POOLS for name in names)
        self.threads = len(names) - self.pool_threads
        self.descriptors = []  # of each, whether it is a socket, a pipe, an anon_inode:[eventfd], or which file
        for path in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            try:
                self.descriptors.append(re.sub(r"^(socket|pipe):.*", r"\1", os.readlink(path)))
            except FileNotFoundError:
                pass  # closed meanwhile

    def __str__(self):
        return (f"{self.rss_mib:.1f} MiB, {self.threads} threads and {self.pool_threads} of gRPC's pools, "
                f"{len(self.descriptors)} descriptors")


class MemoryCurve:
    """The resident memory of a process while a block runs, each second."""

    def __init__(self, pid):
        self._pid, self._over = pid, threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.samples = []  # MiB

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _sample(self):
        while not self._over.is_set():
            self.samples.append(resident_mib(self._pid))
            self._over.wait(1)

    def minutes(self):
        """The mean of each whole minute, and of what is left if that is at least 30 s."""
        parts = [self.samples[i:i + 60] for i in range(0, len(self.samples), 60)]
        return [sum(part) / len(part) for part in parts if len(part) >= 30]

    def slope(self):
        """MiB a minute over the second half, by least squares: about 0 when memory has found its level."""
        values = self.samples[len(self.samples) // 2:]
        if len(values) < 2:
            return 0.0
        middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
        spread = sum((i - middle) ** 2 for i in range(len(values)))
        return 60 * sum((i - middle) * (value - mean) for i, value in enumerate(values)) / spread

    def __str__(self):
        minutes = " ".join(f"{mean:.1f}" for mean in self.minutes())
        return f"MiB by minute: {minutes or 'under one'}; {self.slope():+.2f} MiB a minute in the second half"
