#!/usr/bin/env python3
"""Makes an SDXL-shaped directory with random float16 weights: 3.5 billion parameters, 6.9 GB.

    scripts/make_large_model.py DIRECTORY

To measure loading at the size of published models; the pictures are noise. The UNet is sharded, as
save_pretrained does it. Needs the packages of golden-requirements.txt and 7 GB of disk; the tokenizers are
those of tests/goldens. docs/benchmarks.md has the commands that measure with it.
"""

import argparse
import json
import pathlib
import shutil

import safetensors.torch
import torch
from diffusers import AutoencoderKL, EulerAncestralDiscreteScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARD_BYTES = 2 << 30
UNET = dict(
    sample_size=128, block_out_channels=(320, 640, 1280), layers_per_block=2,
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    attention_head_dim=[5, 10, 20], cross_attention_dim=2048, use_linear_projection=True,
    transformer_layers_per_block=[1, 2, 10], addition_embed_type="text_time",
    addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816)
VAE = dict(
    block_out_channels=(128, 256, 512, 512), layers_per_block=2, sample_size=1024, scaling_factor=0.13025,
    down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
TEXT = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
            hidden_act="quick_gelu", projection_dim=768)
TEXT_2 = dict(hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
              hidden_act="gelu", projection_dim=1280)


def random_weights(module, generator):
    """Name -> float16 tensor, scaled so that activations stay finite."""
    for name, parameter in module.named_parameters():
        if parameter.dim() < 2:
            fill = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            yield name, torch.full(parameter.shape, fill, dtype=torch.float16)
        else:
            gain = 0.5 / parameter[0].numel() ** 0.5
            yield name, (gain * torch.randn(parameter.shape, generator=generator)).to(torch.float16)


def write_network(module, folder, stem, generator):
    """save_pretrained's layout, with no more than one shard in memory."""
    folder.mkdir(parents=True)
    module.save_config(folder) if hasattr(module, "save_config") else module.config.save_pretrained(folder)
    weight_map, shard, number = {}, {}, 1
    for name, tensor in random_weights(module, generator):
        if sum(other.nbytes for other in shard.values()) + tensor.nbytes > SHARD_BYTES:
            write_shard(shard, folder, stem, number)
            shard, number = {}, number + 1
        shard[name] = tensor
        weight_map[name] = shard_name(stem, number)
    if number == 1:
        return safetensors.torch.save_file(shard, folder / f"{stem}.safetensors", {"format": "pt"})
    write_shard(shard, folder, stem, number)
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(index))


def shard_name(stem, number):
    return f"{stem}-{number:05}.safetensors"


def write_shard(tensors, folder, stem, number):
    safetensors.torch.save_file(tensors, folder / shard_name(stem, number), {"format": "pt"})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=pathlib.Path)
    folder = parser.parse_args().output
    generator = torch.Generator().manual_seed(1)
    with torch.device("meta"):
        networks = {
            "unet": (UNet2DConditionModel(**UNET), "diffusion_pytorch_model"),
            "vae": (AutoencoderKL(**VAE), "diffusion_pytorch_model"),
            "text_encoder": (CLIPTextModel(CLIPTextConfig(**TEXT)), "model"),
            "text_encoder_2": (CLIPTextModelWithProjection(CLIPTextConfig(**TEXT_2)), "model")}
    for name, (module, stem) in networks.items():
        print(f"{name}: {sum(parameter.numel() for parameter in module.parameters())} parameters", flush=True)
        write_network(module, folder / name, stem, generator)
    tokenizer = ROOT / "tests/goldens/sd15-like/tokenizer"
    for name in ("tokenizer", "tokenizer_2"):
        shutil.copytree(tokenizer, folder / name)
        config = json.loads((folder / name / "tokenizer_config.json").read_text())
        (folder / name / "tokenizer_config.json").write_text(json.dumps({**config, "model_max_length": 77}))
    EulerAncestralDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="trailing",
        steps_offset=1).save_pretrained(folder / "scheduler")
    classes = {"unet": "UNet2DConditionModel", "vae": "AutoencoderKL", "scheduler": "EulerAncestralDiscreteScheduler"}
    texts = {"text_encoder": "CLIPTextModel", "text_encoder_2": "CLIPTextModelWithProjection",
             "tokenizer": "CLIPTokenizer", "tokenizer_2": "CLIPTokenizer"}
    index = {"_class_name": "StableDiffusionXLPipeline", "force_zeros_for_empty_prompt": True,
             **{name: ["diffusers", kind] for name, kind in classes.items()},
             **{name: ["transformers", kind] for name, kind in texts.items()}}
    (folder / "model_index.json").write_text(json.dumps(index, indent=2))


if __name__ == "__main__":
    main()
