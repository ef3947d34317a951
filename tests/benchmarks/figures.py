"""Measures the figures of docs/benchmarks.md and prints them as rows of its table."""

import argparse
import os
import platform
import sys
import tempfile

import model_figures
import peer_figures
import serving_figures

NATIVE = {each.__name__: each for each in (
    serving_figures.saturation, serving_figures.ideal_latency, serving_figures.overload, serving_figures.fairness,
    serving_figures.ablation, serving_figures.overhead, serving_figures.decision, model_figures.bfloat16)}
WITH_DIFFUSERS = {each.__name__: each for each in (model_figures.single_image, peer_figures.peer_goodput)}


def machine():
    with open("/proc/cpuinfo") as cpuinfo:
        model = next((line.split(":")[1].strip() for line in cpuinfo if line.startswith("model name")), "unknown CPU")
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"default: all of {', '.join([*NATIVE, *WITH_DIFFUSERS])}")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    unknown = set(args.figures) - set(NATIVE) - set(WITH_DIFFUSERS)
    if unknown:
        parser.error(f"unknown figure: {', '.join(sorted(unknown))}")
    python = os.environ.get("STROBE_BENCH_PYTHON")
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in args.figures or [*NATIVE, *WITH_DIFFUSERS]:
            print(f"{name} ...", file=sys.stderr, flush=True)
            if name in WITH_DIFFUSERS and not python:
                print("  left out: needs STROBE_BENCH_PYTHON", file=sys.stderr)
                continue
            measured = {**NATIVE, **WITH_DIFFUSERS}[name](args.rounds, scratch, python)
            for row in measured:
                print(f"  {row.as_row()}", file=sys.stderr, flush=True)
            rows += measured
    print(f"\n{machine()}\n\n| figure | goal | measured | | command |\n|---|---|---|---|---|")
    for row in rows:
        print(row.as_row())


if __name__ == "__main__":
    main()
