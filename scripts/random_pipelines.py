"""Pipelines, cases and LoRA files drawn at random from the options of the families in docs/models/supported.md."""

import json
import pathlib
import shutil

import diffusers
import torch
from diffusers import (AutoencoderKL, AutoencoderTiny, LatentConsistencyModelPipeline,
                       StableDiffusionPipeline, StableDiffusionXLPipeline, UNet2DConditionModel)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from diffusers_runs import MAX_TOKENS, calibrate, randomize, write_tokenizer
from random_loras import write_lora

ROOT = pathlib.Path(__file__).resolve().parent.parent
VOCABULARY = ROOT / "tests/goldens/sd15-like/tokenizer"
SCALED_LINEAR = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
POOLED_WIDTH = 16
PROMPTS = ("a large red circle on a white background", "two!! blue stars, at the top!", "green ring",
           "It's a DOG\u2019s life \u00c9t\u00e9 12", "a very long prompt " * 9, "")


def tokenizer_of(folder, pad):
    vocabulary = {name: (VOCABULARY / name).read_bytes() for name in ("vocab.json", "merges.txt")}
    write_tokenizer(vocabulary, folder, pad)
    return CLIPTokenizer.from_pretrained(folder)


def text_encoder_of(rng, tokenizer, width, projection):
    eos = rng.choice([tokenizer.eos_token_id, 2]) if projection else tokenizer.eos_token_id
    config = CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=width, intermediate_size=2 * width,
        num_hidden_layers=rng.choice([2, 3]), num_attention_heads=rng.choice([2, 4]),
        max_position_embeddings=MAX_TOKENS, hidden_act=rng.choice(["gelu", "quick_gelu"]),
        projection_dim=projection or width, bos_token_id=tokenizer.bos_token_id, eos_token_id=eos,
        pad_token_id=tokenizer.pad_token_id)
    return CLIPTextModelWithProjection(config) if projection else CLIPTextModel(config)


def unet_config_of(rng, family):
    levels = rng.choice([2, 3]) if family == "sdxl" else rng.choice([2, 3, 4])
    channels = sorted(rng.choice([16, 24, 32, 48]) for _ in range(levels))
    down = [rng.random() < 0.7 for _ in range(levels)]
    up = [rng.random() < 0.7 for _ in range(levels)]
    config = dict(
        sample_size=8, block_out_channels=tuple(channels), norm_num_groups=8,
        layers_per_block=rng.choice([1, 2]), use_linear_projection=rng.random() < 0.5,
        attention_head_dim=rng.choice([4, 8, [rng.choice([2, 4]) for _ in channels]]),
        down_block_types=tuple("CrossAttnDownBlock2D" if a else "DownBlock2D" for a in down),
        up_block_types=tuple("CrossAttnUpBlock2D" if a else "UpBlock2D" for a in up),
        mid_block_type=rng.choice(["UNetMidBlock2DCrossAttn", "UNetMidBlock2DCrossAttn", "UNetMidBlock2D",
                                   None]),
        transformer_layers_per_block=rng.choice([1, [rng.choice([1, 2, 3]) for _ in channels]]))
    layers = config["layers_per_block"]
    if rng.random() < 0.2:
        config["transformer_layers_per_block"] = [[rng.choice([1, 2]) for _ in range(layers)] for _ in channels]
        config["reverse_transformer_layers_per_block"] = [
            [rng.choice([1, 2]) for _ in range(layers + 1)] for _ in channels]
    elif rng.random() < 0.2:
        config["layers_per_block"] = [rng.choice([1, 2]) for _ in channels]
    if rng.random() < 0.2:
        config["conv_in_kernel"] = config["conv_out_kernel"] = rng.choice([1, 5])
    if rng.random() < 0.1:
        config.update(flip_sin_to_cos=False, freq_shift=1)
    if rng.random() < 0.1:
        config["center_input_sample"] = True
    if family == "sdxl":
        config.update(addition_embed_type="text_time", addition_time_embed_dim=8,
                      projection_class_embeddings_input_dim=POOLED_WIDTH + 48)
    if family == "lcm" or rng.random() < 0.15:
        config["time_cond_proj_dim"] = rng.choice([16, 32])
    return config


def vae_of(rng):
    if rng.random() < 0.35:
        sizes = rng.choice([3, 4])
        return AutoencoderTiny(encoder_block_out_channels=(16,) * sizes,
                               decoder_block_out_channels=(16,) * sizes,
                               num_encoder_blocks=(1,) * sizes,
                               num_decoder_blocks=tuple(rng.choice([1, 2]) for _ in range(sizes)))
    sizes = rng.choice([2, 3, 4])
    options = {}
    if rng.random() < 0.3:
        options.update(use_quant_conv=False, use_post_quant_conv=False)
    if rng.random() < 0.3:
        options["mid_block_add_attention"] = False
    if rng.random() < 0.2:
        options.update(latents_mean=[0.1, -0.2, 0.3, 0.0], latents_std=[1.1, 0.9, 1.0, 0.8])
    return AutoencoderKL(block_out_channels=(8, 8, 16, 16)[:sizes], layers_per_block=rng.choice([1, 2]),
                         norm_num_groups=4, sample_size=64,
                         scaling_factor=rng.choice([0.18215, 0.13025]),
                         down_block_types=("DownEncoderBlock2D",) * sizes,
                         up_block_types=("UpDecoderBlock2D",) * sizes, **options)


def scheduler_of(rng):
    prediction = rng.choice(["epsilon", "epsilon", "v_prediction", "sample"])
    spacing = rng.choice(["trailing", "trailing", "leading", "linspace"])
    name = rng.choice(["Euler", "EulerAncestral", "DDIM", "LCM", "TCD"])
    options = dict(SCALED_LINEAR, prediction_type=prediction)
    if rng.random() < 0.2:
        options.update(beta_schedule=rng.choice(["linear", "squaredcos_cap_v2"]))
    zero = rng.random() < 0.25
    if zero and (prediction != "epsilon" or name.startswith("Euler")):
        options["rescale_betas_zero_snr"] = True
    if name == "Euler":
        options.update(timestep_spacing=spacing, steps_offset=rng.choice([0, 1]),
                       interpolation_type=rng.choice(["linear", "linear", "log_linear"]),
                       final_sigmas_type=rng.choice(["zero", "zero", "sigma_min"]))
        return diffusers.EulerDiscreteScheduler(**options)
    if name == "EulerAncestral":
        if prediction == "sample":
            options["prediction_type"] = "epsilon"
        return diffusers.EulerAncestralDiscreteScheduler(timestep_spacing=spacing, steps_offset=rng.choice([0, 1]),
                                                         **options)
    if name == "DDIM":
        return diffusers.DDIMScheduler(timestep_spacing=spacing, steps_offset=rng.choice([0, 1]),
                                       set_alpha_to_one=rng.random() < 0.5,
                                       clip_sample=rng.random() < 0.3, clip_sample_range=2.0, **options)
    if name == "LCM":
        return diffusers.LCMScheduler(original_inference_steps=rng.choice([50, 100]),
                                      timestep_scaling=rng.choice([10.0, 8.0]), **options)
    return diffusers.TCDScheduler(original_inference_steps=rng.choice([50, 100]), **options)


def build(rng, family, folder):
    pad = rng.choice(["!", "<|endoftext|>"])
    tokenizer = tokenizer_of(folder / "tokenizer", pad)
    unet_config = unet_config_of(rng, family)
    widths = [32, 16] if family == "sdxl" else [32]
    unet = UNet2DConditionModel(cross_attention_dim=sum(widths), **unet_config)
    vae = vae_of(rng)
    parts = dict(unet=unet, vae=vae, tokenizer=tokenizer, scheduler=scheduler_of(rng),
                 text_encoder=text_encoder_of(rng, tokenizer, widths[0], 0))
    if family == "sdxl":
        second = rng.choice(["!", "<|endoftext|>"])
        parts["tokenizer_2"] = tokenizer_of(folder / "tokenizer_2", second)
        parts["text_encoder_2"] = text_encoder_of(rng, parts["tokenizer_2"], widths[1], POOLED_WIDTH)
    for offset, name in enumerate(("unet", "vae", "text_encoder", "text_encoder_2")):
        if name in parts:
            randomize(parts[name], rng.randrange(1 << 30) + offset)
            parts[name].eval()
    calibrate(unet, vae, 5)
    if family == "sdxl":
        return StableDiffusionXLPipeline(force_zeros_for_empty_prompt=rng.random() < 0.7,
                                         add_watermarker=False, **parts), pad, second
    extra = dict(safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    lcm = family == "lcm" and parts["scheduler"].__class__.__name__ == "LCMScheduler"
    pipeline = LatentConsistencyModelPipeline if lcm else StableDiffusionPipeline
    return pipeline(**parts, **extra), pad, None


def save(rng, pipeline, folder, pads):
    """Sometimes as a variant, in shards, or with the tokenizer files that transformers writes itself."""
    pipeline.save_pretrained(folder, safe_serialization=True, variant=rng.choice([None, None, "fp16"]),
                             max_shard_size=rng.choice(["10GB", "10GB", "200KB"]))
    if rng.random() < 0.3:
        return
    for name, pad in zip(("tokenizer", "tokenizer_2"), pads):
        if pad:
            shutil.rmtree(folder / name)
            tokenizer_of(folder / name, pad)


def case_of(rng, pipeline):
    scheduler = pipeline.scheduler.__class__.__name__
    side = max(8, pipeline.vae_scale_factor)  # diffusers takes multiples of 8 alone
    case = dict(prompt=rng.choice(PROMPTS), seed=rng.randrange(1 << 31), steps=rng.choice([1, 2, 3, 4, 4, 8]),
                width=side * rng.choice([4, 8, 9, 13]), height=side * rng.choice([6, 7, 8, 11]),
                guidance_scale=rng.choice([1.0, 1.0, 0.0, 4.3, 7.5, 2.0]), negative_prompt=None)
    if case["guidance_scale"] > 1 and rng.random() < 0.5:
        case["negative_prompt"] = rng.choice(["blurry, grey", ""])
    takes_eta = scheduler in ("DDIMScheduler", "TCDScheduler")
    if takes_eta and rng.random() < 0.7 and not isinstance(pipeline, LatentConsistencyModelPipeline):
        case["eta"] = rng.choice([0.3, 1.0, 0.2, 0.75])
    takes_timesteps = scheduler in ("LCMScheduler", "TCDScheduler", "EulerDiscreteScheduler")
    if takes_timesteps and rng.random() < 0.25:
        case["timesteps"] = rng.choice([[999, 749, 499, 249], [800], [399], [999, 600], [899, 333, 20]])
        case["steps"] = len(case["timesteps"])
    return case


def variant_of(folder):
    return "fp16" if any("fp16" in path.name for path in (folder / "unet").iterdir()) else None


def adapt(rng, pipeline, folder):
    """Sometimes puts LoRA files beside the pipeline and fuses them in diffusers; returns how."""
    if rng.random() > 0.4:
        return lambda loaded: loaded
    loras = []
    for index in range(rng.choice([1, 1, 2])):
        name, scale = f"lora{index}.safetensors", rng.choice([1.0, 0.7, -0.5])
        write_lora(pipeline, folder / name, seed=rng.randrange(1 << 30), rank=rng.choice([1, 4]),
                   style=rng.choice(["peft", "kohya", "diffusers"]), alpha=rng.choice([None, 2, 6.5]),
                   keep=rng.choice([1, 3]), dtype=rng.choice([torch.float16, torch.float32]))
        loras.append({"path": name, "scale": scale})
    (folder / "strobe.json").write_text(json.dumps({"lora": loras}))

    def fuse(loaded):
        names = [entry["path"].split(".")[0] for entry in loras]
        for name in names:
            loaded.load_lora_weights(folder, weight_name=f"{name}.safetensors", adapter_name=name)
        loaded.set_adapters(names, [entry["scale"] for entry in loras])
        parts = ["unet", "text_encoder", "text_encoder_2"]
        loaded.fuse_lora(adapter_names=names, components=[part for part in parts if hasattr(loaded, part)])
        loaded.unload_lora_weights()
        return loaded

    return fuse
