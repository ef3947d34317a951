#!/usr/bin/env python3
"""Makes tests/goldens: random-weight pipelines of every family and what diffusers computes with them.

The repository keeps the results; run this only to change them:

    python3.11 -m venv venv
    venv/bin/pip install -r scripts/golden-requirements.txt
    venv/bin/python scripts/make_goldens.py tests/goldens [--only NAME] [--distances]

Each pipeline is saved in float16 and loaded again in float32 before anything is recorded, so that
the goldens belong to exactly the files that the repository keeps. tests/goldens/README.md describes
what is recorded and under which names. --distances keeps weights and goldens and records again only
how far each golden is from the same run in float64, the shipped student's in model/students/tiny-shapes too.
"""

import argparse
import json
import pathlib
import shutil

import safetensors.torch
import torch

import diffusers_runs
from diffusers_runs import MAX_TOKENS, pixel_flips
from golden_directories import CROSS_DIM, load, load_derived, make_derived_directory, make_directory
from golden_distances import float64_distance, module_distances
from golden_recipes import PIPELINES

# The largest relative distance of the float32 latents from the same run in float64: a pipeline
# beyond it amplifies rounding, and parity at 2e-4 would say nothing.
MAX_ROUNDING = 5e-5
MAX_ZERO_SNR_ROUNDING = 5e-4
# What a case leaves out.
DEFAULTS = {"negative_prompt": None, "guidance_scale": 1.0, "width": 64, "height": 64}
STUDENT = pathlib.Path(__file__).resolve().parent.parent / "model" / "students" / "tiny-shapes"


@torch.no_grad()
def run_modules(pipeline, seed):
    """The UNet and the decoder alone: rows at different timesteps, even and odd sizes."""
    generator = torch.Generator().manual_seed(seed + 20)
    record = {}
    for name, size in (("", (8, 8)), ("_odd", (7, 13))):
        sample = torch.randn((3, 4, *size), generator=generator)
        timesteps = torch.tensor([999.0, 499.5, 20.0])
        context = torch.randn((3, MAX_TOKENS, CROSS_DIM), generator=generator)
        record[f"unet{name}.sample"] = sample
        record[f"unet{name}.timesteps"] = timesteps
        record[f"unet{name}.encoder_hidden_states"] = context
        record[f"unet{name}.output"] = pipeline.unet(sample, timesteps, context).sample
    latents = torch.randn((2, 4, 5, 7), generator=generator)
    decoded = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    record["vae.latents"] = latents
    record["vae.image"] = (decoded / 2 + 0.5).clamp(0, 1)
    return record


def check_rounding(trace, exact, label, zero_snr):
    error = max(float64_distance(trace, exact)["latents"])
    limit = MAX_ZERO_SNR_ROUNDING if zero_snr else MAX_ROUNDING
    assert error < limit, f"{label}: float32 is {error:.1e} away from float64"
    saturated = ((trace["image"] == 0) | (trace["image"] == 1)).float().mean().item()
    print(f"  {label}: float64 distance {error:.1e}, uint8 flips {pixel_flips(trace, exact):.2%}, "
          f"image std {trace['image'].std():.2f}, saturated {saturated:.1%}")


def runs_as(recipe, case):
    """The case as diffusers runs it: the timesteps that strobe takes from its manifest are given."""
    listed = recipe.get("manifest", {}).get("timesteps", {})
    case = {**DEFAULTS, **case}
    return {**case, "timesteps": listed[str(case["steps"])]} if str(case["steps"]) in listed else case


def record(folder, recipe, pipelines):
    pipeline, exact = pipelines
    tensors = run_modules(pipeline, recipe["seed"]) if recipe.get("record_modules") else {}
    zero_snr = hasattr(pipeline.scheduler, "sigmas") and pipeline.scheduler.config.rescale_betas_zero_snr
    cases = []
    for index, short in enumerate(recipe["cases"]):
        case = {"case": index, **DEFAULTS, **short}
        run_as = runs_as(recipe, case)
        trace, exact_trace = (diffusers_runs.run(each, run_as) for each in pipelines)
        check_rounding(trace, exact_trace, f"case{index}", zero_snr)
        case["float64_distance"] = float64_distance(trace, exact_trace)
        if index > 0 or not recipe.get("record_modules"):
            del trace["image"]  # image_uint8 is enough, and a quarter of the size
        tensors.update({f"case{index}.{name}": tensor for name, tensor in trace.items()})
        cases.append({name: value for name, value in case.items() if value is not None})
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    safetensors.torch.save_file(tensors, folder / "golden.safetensors", {"format": "pt"})
    head = {"versions": diffusers_runs.check_versions()}
    if zero_snr:
        head["zero_snr_euler"] = True
    if recipe.get("record_modules"):
        head["float64_distance"] = module_distances(exact, tensors)
    (folder / "cases.json").write_text(json.dumps({**head, "cases": cases}, indent=1) + "\n")


def record_distances(folder, recipe):
    """Writes float64_distance into cases.json, of the goldens as they are."""
    exact = (load_derived(recipe, folder, torch.float64) if "over" in recipe else load(folder, torch.float64))
    golden = safetensors.torch.load_file(folder / "golden.safetensors")
    described = json.loads((folder / "cases.json").read_text())
    for case in described["cases"]:
        prefix = f"case{case['case']}."
        trace = {name.removeprefix(prefix): tensor for name, tensor in golden.items() if name.startswith(prefix)}
        case["float64_distance"] = float64_distance(trace, diffusers_runs.run(exact, runs_as(recipe, case)))
    if recipe.get("record_modules"):
        described["float64_distance"] = module_distances(exact, golden)
    (folder / "cases.json").write_text(json.dumps(described, indent=1) + "\n")


def record_student_distances(folder):
    """The same for the shipped student, whose file has the latents of all steps in one tensor."""
    exact = load(folder, torch.float64)
    golden = safetensors.torch.load_file(folder / "golden" / "golden.safetensors")
    described = json.loads((folder / "golden" / "cases.json").read_text())
    for case in described["cases"]:
        prefix = f"case{case['case']}."
        case["float64_distance"] = {}
        for steps in described["steps"]:
            run = f"{prefix}steps{steps}."
            trace = {"prompt_embeds": golden[f"{prefix}prompt_embeds"], "image_uint8": golden[f"{run}image_uint8"]}
            trace.update({f"latents_{i}": golden[f"{run}latents"][i:i + 1] for i in range(steps)})
            exact_trace = diffusers_runs.run(exact, {**DEFAULTS, **case, "steps": steps})
            case["float64_distance"][str(steps)] = float64_distance(trace, exact_trace)
    (folder / "golden" / "cases.json").write_text(json.dumps(described, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=pathlib.Path, help="the folder tests/goldens")
    parser.add_argument("--only", action="append", choices=list(PIPELINES), help="default: all of them")
    parser.add_argument("--tokenizer", type=pathlib.Path,
                        help="folder with vocab.json and merges.txt; default: what is in `output`")
    parser.add_argument("--distances", action="store_true",
                        help="keep the goldens, record again how far they are from float64")
    arguments = parser.parse_args()
    print(diffusers_runs.check_versions())
    diffusers_runs.be_quiet()
    source = arguments.tokenizer or arguments.output / "sd15-like" / "tokenizer"
    vocabulary = {name: (source / name).read_bytes() for name in ("vocab.json", "merges.txt")}
    if arguments.distances and not arguments.only:
        record_student_distances(STUDENT)
    for name in arguments.only or PIPELINES:
        print(name)
        recipe, folder = PIPELINES[name], arguments.output / name
        if arguments.distances:
            record_distances(folder, recipe)
            continue
        shutil.rmtree(folder, ignore_errors=True)
        if "over" in recipe:
            make_derived_directory(recipe, folder)
            pipelines = [load_derived(recipe, folder, dtype) for dtype in (torch.float32, torch.float64)]
        else:
            make_directory(recipe, folder, vocabulary)
            pipelines = [load(folder, dtype) for dtype in (torch.float32, torch.float64)]
        record(folder, recipe, pipelines)


if __name__ == "__main__":
    main()
