"""What the figures are measured on."""

import dataclasses
import functools
import pathlib
import subprocess
import sys

from programs import STUDENT


@dataclasses.dataclass(frozen=True)
class Model:
    name: str
    path: pathlib.Path
    steps: int
    batches: str  # that are tried in a bare loop
    window: str   # of the load client


SHIPPED = Model("shipped student, 64x64, 3 steps", STUDENT, 3, "4,8,16,32", "3s")


@functools.cache
def _sd_turbo_shaped(scratch, python):
    path = pathlib.Path(scratch) / "sd-turbo-shape"
    script = pathlib.Path(__file__).resolve().parent / "make_sd_turbo_shape.py"
    subprocess.run([python, script, path], check=True, stdout=sys.stderr)
    return Model("SD-Turbo-shaped, 128x128, 1 step", path, 1, "1,2,4,8", "8s")


def models(scratch, python):
    """The shipped student, and with a Python that has diffusers an SD-Turbo-shaped pipeline."""
    return [SHIPPED, _sd_turbo_shaped(scratch, python)] if python else [SHIPPED]
