"""Random-weight pipelines and what diffusers computes with them: shared by the scripts that make goldens
and that compare.

The versions that all of it is pinned to are in golden-requirements.txt beside this file.
"""

import importlib.metadata
import json
import pathlib
import warnings

import diffusers
import numpy
import torch
import transformers
from diffusers import AutoencoderTiny, LatentConsistencyModelPipeline, StableDiffusionXLPipeline
from diffusers.schedulers import (scheduling_ddim, scheduling_euler_ancestral_discrete, scheduling_lcm,
                                  scheduling_tcd)

MAX_TOKENS = 24
_NOISY_MODULES = (scheduling_ddim, scheduling_euler_ancestral_discrete, scheduling_lcm, scheduling_tcd)


def check_versions():
    """Name -> version of every pinned package; fails where another one is installed."""
    pins = dict(line.split("==") for line in
                (pathlib.Path(__file__).parent / "golden-requirements.txt").read_text().split())
    for name, wanted in pins.items():
        found = importlib.metadata.version(name).split("+")[0]
        assert found == wanted, f"{name} must be {wanted}, is {found}"
    return pins


def be_quiet():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for library in (diffusers.logging, transformers.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


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


def _scale_output(layer, output, target):
    """Scales the last layer so that `output`, computed with it, would have the deviation `target`."""
    factor = target / output.std().item()
    layer.weight.data *= factor
    layer.bias.data *= factor


@torch.no_grad()
def calibrate(unet, vae, seed):
    """Keeps predictions and pictures near unit deviation, so that nothing saturates."""
    generator = torch.Generator().manual_seed(seed)
    sample = torch.randn((4, 4, 16, 16), generator=generator)
    context = torch.randn((4, MAX_TOKENS, unet.config.cross_attention_dim), generator=generator)
    extra = {}
    if unet.config.addition_embed_type == "text_time":
        pooled = unet.config.projection_class_embeddings_input_dim - 6 * unet.config.addition_time_embed_dim
        extra["added_cond_kwargs"] = {"text_embeds": torch.randn((4, pooled), generator=generator),
                                      "time_ids": torch.tensor([[64.0, 64, 0, 0, 64, 64]] * 4)}
    if unet.config.time_cond_proj_dim:
        extra["timestep_cond"] = torch.randn((4, unet.config.time_cond_proj_dim), generator=generator)
    timesteps = torch.tensor([999, 499, 249, 1])
    _scale_output(unet.conv_out, unet(sample, timesteps, context, **extra).sample, 1.0)
    if vae is None:
        return
    tiny = isinstance(vae, AutoencoderTiny)
    last = vae.decoder.layers[-1] if tiny else vae.decoder.conv_out
    _scale_output(last, vae.decode(sample).sample, 0.8 if tiny else 0.5)
    if tiny:
        last.bias.data += 0.5


def write_tokenizer(vocabulary, folder, pad_token):
    """Only the files that the tokenizer needs. Where the two configs differ, the map must win."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("vocab.json", "merges.txt"):
        (folder / name).write_bytes(vocabulary[name])
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
               "unk_token": "<|endoftext|>"}
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": MAX_TOKENS,
              "do_lower_case": True, "pad_token": "<|endoftext|>", **special}
    (folder / "special_tokens_map.json").write_text(
        json.dumps({**special, "pad_token": pad_token}, indent=2) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def variance_preserving(scheduler, latents, step):
    """The Euler classes keep x0 + sigma * eps; traces hold alpha * x0 + sigma_vp * eps."""
    if not hasattr(scheduler, "sigmas"):
        return latents
    return latents / (1 + scheduler.sigmas[step + 1].to(latents) ** 2) ** 0.5


def _prompt_trace(pipeline, case, guided):
    """Ids and embeddings under the names of the trace."""
    ids = lambda tokenizer: tokenizer(case["prompt"], padding="max_length", max_length=MAX_TOKENS,
                                      truncation=True, return_tensors="pt").input_ids
    trace = {"input_ids": ids(pipeline.tokenizer)}
    embeds = pipeline.encode_prompt(
        case["prompt"], device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=guided,
        negative_prompt=case["negative_prompt"])
    names = ["prompt_embeds", "negative_prompt_embeds"]
    if isinstance(pipeline, StableDiffusionXLPipeline):
        trace["input_ids_2"] = ids(pipeline.tokenizer_2)
        names += ["pooled_prompt_embeds", "negative_pooled_prompt_embeds"]
    trace.update({name: tensor for name, tensor in zip(names, embeds) if tensor is not None})
    return trace


@torch.no_grad()
def run(pipeline, case):
    """One image through diffusers' own pipeline, with everything on the way written down."""
    dtype = pipeline.unet.dtype
    lcm = isinstance(pipeline, LatentConsistencyModelPipeline)
    guided = case["guidance_scale"] > 1 and not lcm and pipeline.unet.config.time_cond_proj_dim is None
    trace = _prompt_trace(pipeline, case, guided)
    generator = torch.Generator().manual_seed(case["seed"])
    scale = pipeline.vae_scale_factor
    shape = (1, pipeline.unet.config.in_channels, case["height"] // scale, case["width"] // scale)
    trace["initial_noise"] = torch.randn(shape, generator=generator)
    drawn = []

    def draw(shape, dtype=None, **unused):
        drawn.append(torch.randn(shape, generator=generator))
        return drawn[-1].to(dtype)

    def after_step(pipe, step, timestep, state):
        trace[f"latents_{step}"] = variance_preserving(pipe.scheduler, state["latents"].clone(), step)
        if drawn:
            trace[f"step_noise_{step}"] = drawn.pop()
        return {}

    for module in _NOISY_MODULES:
        module.randn_tensor = draw
    arguments = {name: case[name] for name in ("eta", "timesteps") if name in case}
    if not lcm:
        arguments["negative_prompt"] = case["negative_prompt"]
    image = pipeline(
        case["prompt"], num_inference_steps=case["steps"], guidance_scale=case["guidance_scale"],
        width=case["width"], height=case["height"], latents=trace["initial_noise"].to(dtype),
        output_type="pt", callback_on_step_end=after_step, **arguments).images[0]
    trace["timesteps"] = pipeline.scheduler.timesteps.to(torch.float32)
    trace["image"] = image
    pixels = (image.permute(1, 2, 0).float().numpy() * 255).round().astype(numpy.uint8)
    trace["image_uint8"] = torch.from_numpy(pixels)
    return trace


def relative(a, b):
    """|a - b| / |b|"""
    return ((a.double() - b.double()).norm() / b.double().norm()).item()


def latent_error(ours, theirs):
    """The largest relative distance of the latents after any step."""
    return max(relative(ours[name], theirs[name]) for name in theirs if name.startswith("latents_"))


def pixel_flips(ours, theirs):
    return (ours["image_uint8"] != theirs["image_uint8"]).float().mean().item()
