"""What scripts/make_goldens.py makes: the three pipelines of tests/goldens and their cases.

Keys of a recipe: `seed` of the weights, options of the text encoder and the networks, the scheduler,
an optional strobe.json as `manifest`, `legacy_names` to spell tensors as old files do, and the cases.
A case is 64 x 64 pixels without guidance unless it says otherwise.
"""

import diffusers
from diffusers import AutoencoderKL, AutoencoderTiny

SCALED_LINEAR = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
                 "num_train_timesteps": 1000}

PIPELINES = {
    "sd-turbo-like": {
        "seed": 101,
        "hidden_act": "gelu",
        "pad_token": "!",
        "unet": dict(sample_size=8, block_out_channels=(16, 16, 32), layers_per_block=1,
                     down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
                     up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
                     attention_head_dim=[1, 2, 4], use_linear_projection=True),
        "vae": (AutoencoderKL, dict(block_out_channels=(8, 8, 16, 16), layers_per_block=1,
                                    norm_num_groups=4, sample_size=64,
                                    down_block_types=("DownEncoderBlock2D",) * 4,
                                    up_block_types=("UpDecoderBlock2D",) * 4)),
        "scheduler": diffusers.EulerDiscreteScheduler(
            **SCALED_LINEAR, timestep_spacing="trailing", interpolation_type="linear",
            prediction_type="epsilon", steps_offset=1),
        "cases": [
            dict(prompt="a large red circle on a white background", steps=1, seed=1),
            dict(prompt="two!! blue stars, at the top!", steps=2, seed=2, width=72, height=56),
            dict(prompt="green ring, black background", steps=4, seed=3),
        ],
    },
    "sd15-like": {
        "seed": 202,
        "hidden_act": "quick_gelu",
        "pad_token": "<|endoftext|>",
        "unet": dict(sample_size=16, block_out_channels=(16, 32), layers_per_block=2,
                     down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                     up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
                     attention_head_dim=8),
        "vae": (AutoencoderKL, dict(block_out_channels=(8, 8, 16), layers_per_block=1,
                                    norm_num_groups=8, sample_size=64,
                                    down_block_types=("DownEncoderBlock2D",) * 3,
                                    up_block_types=("UpDecoderBlock2D",) * 3)),
        "scheduler": diffusers.DDIMScheduler(
            **SCALED_LINEAR, timestep_spacing="leading", steps_offset=1, set_alpha_to_one=False,
            clip_sample=False, prediction_type="epsilon"),
        "manifest": {"name": "sd15-like", "num_inference_steps": [3, 5], "supports_guidance": True},
        "legacy_names": True,
        "cases": [
            dict(prompt="a small yellow square", negative_prompt="blurry, grey", steps=3, seed=4,
                 guidance_scale=4.0),
            dict(prompt="a purple heart at the left", negative_prompt="", steps=5, seed=5,
                 guidance_scale=4.0, width=40, height=72),
            dict(prompt="a purple heart at the left", steps=3, seed=6),
        ],
    },
    "lcm-tiny-like": {
        "seed": 303,
        "hidden_act": "quick_gelu",
        "pad_token": "<|endoftext|>",
        "unet": dict(sample_size=8, block_out_channels=(16, 24), layers_per_block=1,
                     down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                     up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
                     attention_head_dim=[2, 3], use_linear_projection=True),
        "vae": (AutoencoderTiny, dict(encoder_block_out_channels=(16,) * 4,
                                      decoder_block_out_channels=(16,) * 4,
                                      num_encoder_blocks=(0, 1, 0, 0),
                                      num_decoder_blocks=(2, 2, 1, 1))),
        "scheduler": diffusers.LCMScheduler(**SCALED_LINEAR, steps_offset=1,
                                            prediction_type="v_prediction"),
        "cases": [
            dict(prompt="a large orange heart on a cyan background", steps=1, seed=7),
            dict(prompt="a white triangle", steps=2, seed=8),
            dict(prompt="a cross at the bottom", steps=4, seed=9, width=56, height=88),
        ],
    },
}
