"""Makes an SD-Turbo-shaped directory with random weights, small enough for a CPU: 128x128 pixels, 35 M parameters.

    make_sd_turbo_shape.py DIRECTORY

The structure is SD-Turbo's (four levels, attention on three of them, linear projections, a KL autoencoder with a
factor of 8, Euler with trailing spacing); the widths are a fifth. The pictures are noise.
"""

import argparse
import pathlib
import shutil

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

TOKENIZER = pathlib.Path(__file__).resolve().parent.parent / "goldens" / "sd-turbo-like" / "tokenizer"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    directory = parser.parse_args().directory
    torch.manual_seed(1)
    tokenizer = CLIPTokenizer.from_pretrained(TOKENIZER)
    text_encoder = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=256, intermediate_size=1024, num_hidden_layers=4, num_attention_heads=4,
        max_position_embeddings=tokenizer.model_max_length, hidden_act="gelu",
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id))
    unet = UNet2DConditionModel(
        sample_size=16, block_out_channels=(64, 128, 256, 256), layers_per_block=2, cross_attention_dim=256,
        attention_head_dim=[2, 4, 8, 8], use_linear_projection=True)
    vae = AutoencoderKL(
        block_out_channels=(32, 64, 128, 128), layers_per_block=2, norm_num_groups=32, sample_size=128,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="trailing",
        prediction_type="epsilon", steps_offset=1)
    shutil.rmtree(directory, ignore_errors=True)
    StableDiffusionPipeline(vae, text_encoder, tokenizer, unet, scheduler, None, None,
                            requires_safety_checker=False).save_pretrained(directory)


if __name__ == "__main__":
    main()
