"""How far a run is, how fast it goes and how long it will take."""

import sys
import time


class Progress:
    """On a terminal one line that is written anew; elsewhere a line a minute."""

    def __init__(self, now=time.monotonic, out=sys.stderr):
        self._now, self._out = now, out
        self._terminal = out.isatty()
        self._split = None
        self._start = self._shown = now()

    def __call__(self, split, done, drawn, count):
        """`done` of `count` pictures are there, `drawn` of them drawn by this run."""
        now = self._now()
        if split != self._split:
            self._split, self._start, self._shown = split, now, now
        last = done == count
        if not last and now - self._shown < (0.2 if self._terminal else 60):
            return
        self._shown = now
        text = self._text(done, drawn, count, now - self._start)
        self._out.write(f"\r{text}\x1b[K" + "\n" * last if self._terminal else f"{text}\n")
        self._out.flush()

    def _text(self, done, drawn, count, seconds):
        text = f"{self._split}: {done:,} of {count:,}"
        if drawn == 0 or seconds <= 0:
            return text
        rate = drawn / seconds
        if done == count:
            return f"{text}, {drawn:,} drawn at {rate:.0f} a second"
        return f"{text}, {rate:.0f} a second, {duration((count - done) / rate)} left"


def duration(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
