#!/usr/bin/env python3
"""Compares strobe-model with diffusers on random pipelines with random weights.

    scripts/compare_with_diffusers.py --count 50 --seed 1 [--only sdxl] [--keep-failures DIR]

Each pipeline is drawn from the options of the families in docs/models/supported.md, saved in the diffusers layout, run
with diffusers in float32, and run again by `strobe-model generate` from the same noise. What must agree:
ids and labels exactly, latents after every step within 2e-4 relative RMS, 99.9 % of the picture's values
exactly and the others within 1 (Euler with zero terminal SNR: 1e-3 and 99 %). Pipelines in which float64
moves diffusers' own results by more than a quarter of that prove nothing and do not count.

Needs the packages of golden-requirements.txt.
"""

import argparse
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import safetensors.torch
import torch

import diffusers_runs
from diffusers_runs import latent_error, pixel_flips, relative
from random_pipelines import adapt, build, case_of, save, variant_of

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run_strobe(binary, folder, case, trace, scratch):
    noise = {name: tensor for name, tensor in trace.items() if "noise" in name}
    safetensors.torch.save_file(noise, scratch / "noise.safetensors")
    command = [binary, "generate", "--model", folder, "--prompt", case["prompt"], "--steps", str(case["steps"]),
               "--size", f"{case['width']}x{case['height']}", "--guidance-scale", repr(case["guidance_scale"]),
               "--initial-latents", scratch / "noise.safetensors", "--trace", scratch / "trace.safetensors",
               "--output", scratch / "x.png"]
    if case["negative_prompt"] is not None:
        command += ["--negative-prompt", case["negative_prompt"]]
    if "eta" in case:
        command += ["--eta", repr(case["eta"])]
    if "timesteps" in case:
        command += ["--timesteps", ",".join(map(str, case["timesteps"]))]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip())
    return safetensors.torch.load_file(scratch / "trace.safetensors")


def compare(ours, theirs, zero_snr):
    """What differs; empty: nothing does."""
    problems = []
    for name in ("input_ids", "input_ids_2", "timesteps"):
        if name in theirs and not torch.equal(ours[name].flatten(), theirs[name].flatten()):
            problems.append(f"{name}: {ours[name].flatten().tolist()} for {theirs[name].flatten().tolist()}")
    for name in (name for name in theirs if name.endswith("prompt_embeds")):
        if name not in ours or not (relative(ours[name], theirs[name]) < 2e-5 or not theirs[name].any()):
            problems.append(f"{name} differs")
    if any(name.startswith("latents_") and name not in ours for name in theirs):
        return problems + ["another number of steps"]
    error = latent_error(ours, theirs)
    if not error < (1e-3 if zero_snr else 2e-4):
        problems.append(f"latents: {error:.1e}")
    difference = (ours["image_uint8"].int() - theirs["image_uint8"].int()).abs()
    equal = 1 - pixel_flips(ours, theirs)
    if difference.max() > 1 or equal < (0.99 if zero_snr else 0.999):
        problems.append(f"image: {equal:.4%} equal, off by {difference.max().item()}")
    return problems


def compare_one(rng, family, binary, scratch):
    """(description, problems, error); None: the pipeline is too sensitive to say anything."""
    folder = scratch / "model"
    shutil.rmtree(folder, ignore_errors=True)
    pipeline, *pads = build(rng, family, scratch / "tokenizers")
    shutil.rmtree(scratch / "tokenizers")
    save(rng, pipeline, folder, pads)
    case = case_of(rng, pipeline)
    loaded = {}
    fuse = adapt(rng, pipeline, folder)
    for dtype in (torch.float32, torch.float64):
        loaded[dtype] = fuse(type(pipeline).from_pretrained(folder, dtype=dtype, local_files_only=True,
                                                            variant=variant_of(folder)))
        loaded[dtype].to(dtype).set_progress_bar_config(disable=True)
    theirs = diffusers_runs.run(loaded[torch.float32], case)
    exact = diffusers_runs.run(loaded[torch.float64], case)
    scheduler = pipeline.scheduler
    zero_snr = scheduler.config.get("rescale_betas_zero_snr") and "Euler" in type(scheduler).__name__
    floor = latent_error(theirs, exact)
    flips = pixel_flips(theirs, exact)
    if not (floor < (2.5e-4 if zero_snr else 5e-5) and flips < (2.5e-3 if zero_snr else 2.5e-4)):
        return None
    description = f"floor {floor:.1e} {flips:.2%}: {family} {type(pipeline).__name__} {type(scheduler).__name__} {case}"
    try:
        ours = run_strobe(binary, folder, case, theirs, scratch)
    except RuntimeError as error:
        return description, [str(error)], float("nan")
    error = latent_error(ours, theirs)
    return f"{description}: {error:.1e}", compare(ours, theirs, zero_snr), error


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("sd", "sdxl", "lcm"))
    parser.add_argument("--binary", default=str(ROOT / "build/release/bin/strobe-model"))
    parser.add_argument("--keep-failures", type=pathlib.Path)
    arguments = parser.parse_args()
    diffusers_runs.check_versions()
    diffusers_runs.be_quiet()
    failures, worst, skipped = 0, {}, 0
    for index in range(arguments.count):
        rng = random.Random(arguments.seed * 1000003 + index)
        family = arguments.only or rng.choice(["sd", "sdxl", "lcm"])
        with tempfile.TemporaryDirectory() as scratch:
            try:
                result = compare_one(rng, family, arguments.binary, pathlib.Path(scratch))
            except Exception as error:  # diffusers' own refusal of a combination
                print(f"{index}: diffusers: {type(error).__name__}: {str(error)[:150]}")
                skipped += 1
                continue
            if result is None:
                skipped += 1
                continue
            description, problems, error = result
            worst[family] = max(worst.get(family, 0.0), error)
            if problems:
                failures += 1
                print(f"{index}: {description}\n    {problems}", flush=True)
                if arguments.keep_failures:
                    shutil.copytree(scratch, arguments.keep_failures / str(index), dirs_exist_ok=True)
    print(f"{arguments.count - skipped} compared, {skipped} do not count, {failures} failed, worst latents {worst}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
