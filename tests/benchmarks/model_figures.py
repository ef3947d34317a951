"""The model runtime against diffusers with the same weights and threads."""

import json
import pathlib
import subprocess

from figure import Figure
from models import models
from programs import ALL_CPUS, STUDENT, json_lines, pinned

FOLDER = pathlib.Path(__file__).resolve().parent
THREADS = (1, 2)


def _diffusers_rates(python, model):
    output = subprocess.run(pinned(ALL_CPUS, python, FOLDER / "diffusers_loop.py", "--model", model.path, "--steps",
                                   model.steps, "--threads", *THREADS),
                            check=True, text=True, stdout=subprocess.PIPE).stdout
    return {row["threads"]: row["images_per_second"] for row in map(json.loads, output.splitlines())}


def _our_rates(model):
    return {threads: json_lines("pipeline_benchmark", "--model", model.path, "--batch", "1", "--steps", model.steps,
                                "--threads", threads, "--seconds", "5", cpus=ALL_CPUS)[0]["images_per_second"]
            for threads in THREADS}


def bfloat16(rounds, scratch, python):
    """Images a second of the shipped student in bfloat16 / in float32, alone and in batches of 16."""
    ratios = {1: [], 16: []}
    for _ in range(rounds):
        narrow, wide = ({row["batch"]: row["images_per_second"] for row in json_lines(
            "pipeline_benchmark", "--model", STUDENT, "--steps", 3, "--batch", "1,16", "--threads", 1, *flags)}
            for flags in (["--bfloat16"], []))
        for batch, rates in ratios.items():
            rates.append(narrow[batch] / wide[batch])
    return [Figure(f"bare loop in bfloat16 / in float32, shipped student, batch {batch}, 1 thread", "", rates, "",
                   "scripts/bench.sh bfloat16") for batch, rates in ratios.items()]


def single_image(rounds, scratch, python):
    """Time of one image in diffusers / ours."""
    figures = []
    for model in models(scratch, python):
        runs = [(_our_rates(model), _diffusers_rates(python, model)) for _ in range(rounds)]
        for threads in THREADS:
            ratios = [ours[threads] / theirs[threads] for ours, theirs in runs]
            detail = f"{runs[-1][0][threads]:.1f} / {runs[-1][1][threads]:.1f} images/s"
            figures.append(Figure(f"single image, diffusers' time / ours, {model.name}, {threads} thread(s)", ">= 1.5",
                                  ratios, detail, "scripts/bench.sh single_image"))
    return figures
