#!/usr/bin/env python3
"""Makes tests/goldens: three random-weight pipelines and what diffusers computes with them.

The repository keeps the results; run this only to change them. Exact pins:

    python3.11 -m venv venv
    venv/bin/pip install torch==2.11.0 diffusers==0.42.1 transformers==5.23.0 safetensors==0.8.0
    venv/bin/python scripts/make_goldens.py tests/goldens

Each pipeline is saved in float16 and loaded again in float32 before anything is recorded, so that
the goldens belong to exactly the files that the repository keeps. tests/goldens/README.md describes
what is recorded and under which names.
"""

import argparse
import json
import pathlib
import shutil

import diffusers
import diffusers.schedulers.scheduling_lcm as scheduling_lcm
import numpy
import safetensors
import safetensors.torch
import torch
import transformers
from diffusers import AutoencoderKL, AutoencoderTiny, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from golden_recipes import PIPELINES

PINS = {
    "torch": (torch.__version__.split("+")[0], "2.11.0"),
    "diffusers": (diffusers.__version__, "0.42.1"),
    "transformers": (transformers.__version__, "5.23.0"),
    "safetensors": (safetensors.__version__, "0.8.0"),
}
CROSS_DIM = 32
MAX_TOKENS = 24
# The largest relative distance of the float32 latents from the same run in float64: a pipeline
# beyond it amplifies rounding, and parity at 2e-4 would say nothing.
MAX_ROUNDING = 5e-5


def randomize(module, seed):
    """Fills a module with weights that keep activations near 1: unit gain, norms near the identity."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(module.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() >= 2 and "embedding.weight" not in name:
            fan_in = parameter[0].numel()
            parameter.data = noise / fan_in**0.5
        elif "embedding.weight" in name:
            parameter.data = noise
        elif name.endswith("weight"):
            parameter.data = 1 + 0.1 * noise
        else:
            parameter.data = 0.1 * noise


def scale_output(layer, output, target):
    """Scales the last layer so that `output`, computed with it, would have the deviation `target`."""
    factor = target / output.std().item()
    layer.weight.data *= factor
    layer.bias.data *= factor


@torch.no_grad()
def build(recipe, tokenizer):
    seed = recipe["seed"]
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=CROSS_DIM, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=MAX_TOKENS, hidden_act=recipe["hidden_act"],
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id))
    unet = UNet2DConditionModel(norm_num_groups=8, cross_attention_dim=CROSS_DIM, **recipe["unet"])
    vae_class, vae_config = recipe["vae"]
    vae = vae_class(**vae_config)
    for offset, module in enumerate((text, unet, vae)):
        randomize(module, seed + offset)
        module.eval()

    generator = torch.Generator().manual_seed(seed + 10)
    sample = torch.randn((4, 4, 16, 16), generator=generator)
    context = torch.randn((4, MAX_TOKENS, CROSS_DIM), generator=generator)
    scale_output(unet.conv_out, unet(sample, torch.tensor([999, 499, 249, 1]), context).sample, 1.0)
    last = vae.decoder.conv_out if vae_class is AutoencoderKL else vae.decoder.layers[-1]
    scale_output(last, vae.decode(sample).sample, 0.5 if vae_class is AutoencoderKL else 0.8)
    if vae_class is AutoencoderTiny:
        last.bias.data += 0.5
    return StableDiffusionPipeline(
        vae=vae, text_encoder=text, tokenizer=tokenizer, unet=unet, scheduler=recipe["scheduler"],
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)


def write_tokenizer(vocabulary, folder, pad_token):
    """Only the files that the tokenizer needs. Where the two configs differ, the map must win."""
    folder.mkdir(parents=True)
    for name in ("vocab.json", "merges.txt"):
        (folder / name).write_bytes(vocabulary[name])
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
               "unk_token": "<|endoftext|>"}
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": MAX_TOKENS,
              "do_lower_case": True, "pad_token": "<|endoftext|>", **special}
    (folder / "special_tokens_map.json").write_text(
        json.dumps({**special, "pad_token": pad_token}, indent=2) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


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


def save(pipeline, recipe, folder, vocabulary):
    pipeline.to(torch.float16).save_pretrained(folder, safe_serialization=True)
    shutil.rmtree(folder / "tokenizer")
    write_tokenizer(vocabulary, folder / "tokenizer", recipe["pad_token"])
    if "manifest" in recipe:
        (folder / "strobe.json").write_text(json.dumps(recipe["manifest"], indent=2) + "\n")
    if recipe.get("legacy_names"):
        use_legacy_names(folder)


def load(folder, dtype):
    pipeline = StableDiffusionPipeline.from_pretrained(folder, dtype=dtype, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(dtype)


def variance_preserving(scheduler, latents, step):
    """Euler keeps x0 + sigma * eps; the goldens hold alpha * x0 + sigma_vp * eps."""
    if not isinstance(scheduler, diffusers.EulerDiscreteScheduler):
        return latents
    return latents / (1 + scheduler.sigmas[step + 1].to(latents) ** 2) ** 0.5


@torch.no_grad()
def run_case(pipeline, case):
    """One image through diffusers' own pipeline, with everything on the way written down."""
    dtype = pipeline.unet.dtype
    trace = {}
    generator = torch.Generator().manual_seed(case["seed"])
    scale = pipeline.vae_scale_factor
    shape = (1, pipeline.unet.config.in_channels, case["height"] // scale, case["width"] // scale)
    trace["initial_noise"] = torch.randn(shape, generator=generator)
    ids = pipeline.tokenizer(case["prompt"], padding="max_length", max_length=MAX_TOKENS,
                             truncation=True, return_tensors="pt").input_ids
    trace["input_ids"] = ids
    guided = case["guidance_scale"] > 1
    embeds, negative = pipeline.encode_prompt(case["prompt"], "cpu", 1, guided, case["negative_prompt"])
    trace["prompt_embeds"] = embeds
    if guided:
        trace["negative_prompt_embeds"] = negative

    def draw(shape, generator=None, device=None, dtype=None):
        noise = torch.randn(shape, generator=generator).to(dtype)
        trace[f"step_noise_{sum(name.startswith('step_noise') for name in trace)}"] = noise
        return noise

    def after_step(pipe, step, timestep, state):
        trace[f"latents_{step}"] = variance_preserving(pipe.scheduler, state["latents"].clone(), step)
        return {}

    scheduling_lcm.randn_tensor = draw
    image = pipeline(
        case["prompt"], negative_prompt=case["negative_prompt"], num_inference_steps=case["steps"],
        guidance_scale=case["guidance_scale"], width=case["width"], height=case["height"],
        latents=trace["initial_noise"].to(dtype), generator=generator, output_type="pt",
        callback_on_step_end=after_step).images[0]
    trace["timesteps"] = pipeline.scheduler.timesteps.to(torch.float32)
    trace["image"] = image
    pixels = (image.permute(1, 2, 0).float().numpy() * 255).round().astype(numpy.uint8)
    trace["image_uint8"] = torch.from_numpy(pixels)
    return trace


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


def check_rounding(trace, exact, label):
    for key in (name for name in trace if name.startswith("latents_")):
        error = ((trace[key] - exact[key]).norm() / exact[key].norm()).item()
        assert error < MAX_ROUNDING, f"{label} {key}: float32 is {error:.1e} away from float64"
    flips = (trace["image_uint8"] != exact["image_uint8"]).float().mean().item()
    saturated = ((trace["image"] == 0) | (trace["image"] == 1)).float().mean().item()
    print(f"  {label}: last latents std {trace[key].std():.2f}, float64 distance {error:.1e}, uint8 "
          f"flips {flips:.2%}, image std {trace['image'].std():.2f}, saturated {saturated:.1%}")


def record(folder, recipe):
    pipeline, exact = load(folder, torch.float32), load(folder, torch.float64)
    tensors = run_modules(pipeline, recipe["seed"])
    cases = []
    for index, short in enumerate(recipe["cases"]):
        case = {"case": index, "negative_prompt": "", "guidance_scale": 1.0, "width": 64, "height": 64,
                **short}
        trace = run_case(pipeline, case)
        check_rounding(trace, run_case(exact, case), f"case{index}")
        if index > 0:
            del trace["image"]  # image_uint8 is enough, and a quarter of the size
        tensors.update({f"case{index}.{name}": tensor for name, tensor in trace.items()})
        cases.append(case)
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    safetensors.torch.save_file(tensors, folder / "golden.safetensors", {"format": "pt"})
    versions = {name: found for name, (found, _) in PINS.items()}
    (folder / "cases.json").write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=pathlib.Path, help="the folder tests/goldens")
    parser.add_argument("--tokenizer", type=pathlib.Path,
                        help="folder with vocab.json and merges.txt; default: what is in `output`")
    arguments = parser.parse_args()
    for name, (found, wanted) in PINS.items():
        print(f"{name} {found}")
        assert found == wanted, f"{name} must be {wanted}"
    torch.set_num_threads(1)
    diffusers.logging.set_verbosity_error()
    diffusers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()

    source = arguments.tokenizer or arguments.output / "sd15-like" / "tokenizer"
    vocabulary = {name: (source / name).read_bytes() for name in ("vocab.json", "merges.txt")}
    for name, recipe in PIPELINES.items():
        print(name)
        folder = arguments.output / name
        shutil.rmtree(folder, ignore_errors=True)
        write_tokenizer(vocabulary, folder / "tokenizer", recipe["pad_token"])
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
        pipeline = build(recipe, tokenizer)
        save(pipeline, recipe, folder, vocabulary)
        record(folder, recipe)


if __name__ == "__main__":
    main()
