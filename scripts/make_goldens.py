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
import math
import pathlib
import shutil

import diffusers
import safetensors.torch
import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

import diffusers_runs
from diffusers_runs import MAX_TOKENS, calibrate, pixel_flips, randomize, relative, write_tokenizer
from golden_recipes import PIPELINES
from random_loras import write_lora

CROSS_DIM = 32
# The largest relative distance of the float32 latents from the same run in float64: a pipeline
# beyond it amplifies rounding, and parity at 2e-4 would say nothing.
MAX_ROUNDING = 5e-5
MAX_ZERO_SNR_ROUNDING = 5e-4
# What a case leaves out.
DEFAULTS = {"negative_prompt": None, "guidance_scale": 1.0, "width": 64, "height": 64}
STUDENT = pathlib.Path(__file__).resolve().parent.parent / "model" / "students" / "tiny-shapes"


def text_config(tokenizer, hidden_act, hidden_size=CROSS_DIM, projection_dim=CROSS_DIM):
    return CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=hidden_size, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=MAX_TOKENS, hidden_act=hidden_act,
        projection_dim=projection_dim, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)


def build(recipe, tokenizers):
    seed = recipe["seed"]
    second = dict(recipe.get("second_text_encoder", {}))
    second.pop("pad_token", None)
    text = CLIPTextModel(text_config(tokenizers[0], recipe["hidden_act"]))
    width = CROSS_DIM + second.get("hidden_size", 0)
    unet = UNet2DConditionModel(norm_num_groups=8, cross_attention_dim=width, **recipe["unet"])
    vae_class, vae_config = recipe["vae"]
    modules = {"text_encoder": text, "unet": unet, "vae": vae_class(**vae_config)}
    if second:
        modules["text_encoder_2"] = CLIPTextModelWithProjection(text_config(tokenizers[1], **second))
    for offset, module in enumerate(modules.values()):
        randomize(module, seed + offset)
        module.eval()
    calibrate(unet, modules["vae"], seed + 10)
    modules.update(tokenizer=tokenizers[0], scheduler=recipe["scheduler"])
    if second:
        return diffusers.StableDiffusionXLPipeline(tokenizer_2=tokenizers[1], add_watermarker=False, **modules)
    pipeline = getattr(diffusers, recipe.get("pipeline", "StableDiffusionPipeline"))
    return pipeline(safety_checker=None, feature_extractor=None, requires_safety_checker=False, **modules)


def use_legacy_names(folder):
    """Spells tensor names as old files do: text_model., position_ids, query/key/value/proj_attn."""
    path = folder / "text_encoder" / "model.safetensors"
    tensors = {f"text_model.{name.removeprefix('text_model.')}": tensor
               for name, tensor in safetensors.torch.load_file(path).items()}
    tensors["text_model.embeddings.position_ids"] = torch.arange(MAX_TOKENS)[None]
    safetensors.torch.save_file(tensors, path, {"format": "pt"})
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = safetensors.torch.load_file(path)
    for new, old in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
        tensors = {name.replace(f".attentions.0.{new}.", f".attentions.0.{old}."): tensor
                   for name, tensor in tensors.items()}
    safetensors.torch.save_file(tensors, path, {"format": "pt"})


def pad_tokens(recipe):
    pads = {"tokenizer": recipe["pad_token"]}
    if "second_text_encoder" in recipe:
        pads["tokenizer_2"] = recipe["second_text_encoder"]["pad_token"]
    return pads


def make_directory(recipe, folder, vocabulary):
    tokenizers = []
    for name, pad in pad_tokens(recipe).items():
        write_tokenizer(vocabulary, folder / name, pad)
        tokenizers.append(CLIPTokenizer.from_pretrained(folder / name))
    pipeline = build(recipe, tokenizers)
    pipeline.to(torch.float16).save_pretrained(folder, safe_serialization=True)
    for name, pad in pad_tokens(recipe).items():
        shutil.rmtree(folder / name)
        write_tokenizer(vocabulary, folder / name, pad)
    if "manifest" in recipe:
        write_json(folder / "strobe.json", recipe["manifest"])
    if recipe.get("legacy_names"):
        use_legacy_names(folder)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


@torch.no_grad()
def make_derived_directory(recipe, folder):
    """strobe.json and what it names; everything else is in the directory that the recipe is over."""
    folder.mkdir(parents=True)
    base = folder.parent / recipe["over"]
    scheduler_class, changes = recipe["scheduler"]
    manifest = {"name": folder.name, "base": f"../{recipe['over']}", **recipe["manifest"],
                "scheduler": {"_class_name": scheduler_class.__name__, **changes}}
    if "new_unet" in recipe:
        unet = UNet2DConditionModel.from_pretrained(base / "unet")
        randomize(unet, recipe["seed"])
        calibrate(unet, None, recipe["seed"] + 10)
        tensors = {name: tensor.to(torch.float16) for name, tensor in unet.state_dict().items()}
        safetensors.torch.save_file(tensors, folder / recipe["new_unet"], {"format": "pt"})
    if "loras" in recipe:
        manifest["lora"] = [{"path": name, "scale": spec["scale"]} for name, spec in recipe["loras"].items()]
        pipeline = load(base, torch.float32)
        for name, spec in recipe["loras"].items():
            options = {key: value for key, value in spec.items() if key != "scale"}
            write_lora(pipeline, folder / name, **options)
    write_json(folder / "strobe.json", manifest)


def load(folder, dtype):
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder, dtype=dtype, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(dtype)


def load_derived(recipe, folder, dtype):
    pipeline = load(folder.parent / recipe["over"], dtype)
    scheduler_class, changes = recipe["scheduler"]
    config = {**pipeline.scheduler.config, **changes}
    if isinstance(pipeline, diffusers.StableDiffusionPipeline):
        config["clip_sample"] = False  # what its constructor does to the scheduler of a directory
    pipeline.scheduler = scheduler_class.from_config(config)
    unet = recipe["manifest"].get("unet")
    if unet is not None:
        pipeline.unet.load_state_dict(safetensors.torch.load_file(folder / unet))
    loras = recipe.get("loras", {})
    for name in loras:
        pipeline.load_lora_weights(folder, weight_name=name, adapter_name=name.split(".")[0])
    if loras:
        names = [name.split(".")[0] for name in loras]
        pipeline.set_adapters(names, [spec["scale"] for spec in loras.values()])
        pipeline.fuse_lora(adapter_names=names, components=["unet", "text_encoder"])
        pipeline.unload_lora_weights()
    return pipeline.to(dtype)


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


def float64_distance(trace, exact):
    """How far a float32 run is from float64: relative to the tensor, and the share of other pixel values."""
    embeds = [name for name in exact if name.endswith("prompt_embeds") and exact[name].abs().max() > 0]
    steps = sum(name.startswith("latents_") for name in exact)
    return {"prompt_embeds": max(rounded_up(relative(trace[name], exact[name])) for name in embeds),
            "latents": [rounded_up(relative(trace[f"latents_{i}"], exact[f"latents_{i}"])) for i in range(steps)],
            "pixels": rounded_up(pixel_flips(trace, exact))}


@torch.no_grad()
def module_distances(exact, golden):
    """The same for what run_modules recorded."""
    distances = {}
    for name in ("unet", "unet_odd"):
        inputs = [golden[f"{name}.{part}"].double() for part in ("sample", "timesteps", "encoder_hidden_states")]
        distances[name] = rounded_up(relative(golden[f"{name}.output"], exact.unet(*inputs).sample))
    decoded = exact.vae.decode(golden["vae.latents"].double() / exact.vae.config.scaling_factor).sample
    distances["vae"] = rounded_up(relative(golden["vae.image"], (decoded / 2 + 0.5).clamp(0, 1)))
    return distances


def rounded_up(value):
    """To two significant digits."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1) if value > 0 else 1.0
    return float(f"{math.ceil(value / unit) * unit:.1e}")


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
