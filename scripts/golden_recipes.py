"""What scripts/make_goldens.py makes: the pipelines of tests/goldens and their cases.

Keys of a recipe: `seed` of the weights, options of the text encoders and the networks, the scheduler,
an optional strobe.json as `manifest`, `legacy_names` to spell tensors as old files do, `record_modules`
for what the networks compute alone, and the cases.
A recipe with `over` has no networks of its own: its manifest stands for what changes in the directory
that it names: `new_unet` writes other UNet weights to that file, `loras` writes LoRA files, `scheduler`
is a class with the keys that change. A case is 64 x 64 pixels without guidance unless it says otherwise.
"""

import diffusers
from diffusers import AutoencoderKL, AutoencoderTiny

SCALED_LINEAR = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
                 "num_train_timesteps": 1000}

KL = dict(layers_per_block=1, norm_num_groups=4, sample_size=64)


class NoiseCorrectedDDIMScheduler(diffusers.DDIMScheduler):
    """Imagine Flash (Kohler et al. 2024): the first step leads along the true noise, which is x_T."""

    def step(self, model_output, timestep, sample, **arguments):
        result = super().step(model_output, timestep, sample, return_dict=False)
        if timestep != self.timesteps[0] or len(self.timesteps) == 1:
            return result
        destination = timestep - self.config.num_train_timesteps // self.num_inference_steps
        abar = self.alphas_cumprod[destination].to(sample.dtype)
        return abar**0.5 * result[1] + (1 - abar) ** 0.5 * sample, result[1]


class TimestepShiftLCMScheduler(diffusers.LCMScheduler):
    """NitroFusion: labels shrink to t * shift / 1000, noise is added at the unshifted t."""

    shift = 250

    def set_timesteps(self, *arguments, **named):
        super().set_timesteps(*arguments, **named)
        self.noise_timesteps = self.timesteps
        self.timesteps = (self.timesteps * self.shift / self.config.num_train_timesteps).long()

    def step(self, model_output, timestep, sample, **arguments):
        noisy, denoised = super().step(model_output, timestep, sample, return_dict=False)
        if self.step_index == len(self.timesteps):
            return denoised, denoised
        shifted = self.alphas_cumprod[self.timesteps[self.step_index]]
        noise = (noisy - shifted.sqrt() * denoised) / (1 - shifted).sqrt()
        abar = self.alphas_cumprod[self.noise_timesteps[self.step_index]]
        return abar.sqrt() * denoised + (1 - abar).sqrt() * noise, denoised


PIPELINES = {
    "sd-turbo-like": {
        "seed": 101,
        "record_modules": True,
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
        "record_modules": True,
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
        "record_modules": True,
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
    "sdxl-turbo-like": {
        "seed": 404,
        "hidden_act": "quick_gelu",
        "pad_token": "<|endoftext|>",
        "second_text_encoder": dict(hidden_size=24, projection_dim=16, hidden_act="gelu", pad_token="!"),
        "unet": dict(sample_size=8, block_out_channels=(8, 16, 24), layers_per_block=1,
                     down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
                     up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
                     attention_head_dim=[2, 2, 3], use_linear_projection=True,
                     transformer_layers_per_block=[1, 2, 3], addition_embed_type="text_time",
                     addition_time_embed_dim=8, projection_class_embeddings_input_dim=64),
        "vae": (AutoencoderKL, dict(block_out_channels=(8, 8, 16, 16), scaling_factor=0.13025,
                                    down_block_types=("DownEncoderBlock2D",) * 4,
                                    up_block_types=("UpDecoderBlock2D",) * 4, **KL)),
        "scheduler": diffusers.EulerAncestralDiscreteScheduler(
            **SCALED_LINEAR, timestep_spacing="trailing", prediction_type="epsilon", steps_offset=1),
        "cases": [
            dict(prompt="a large red circle on a white background", steps=1, seed=11),
            dict(prompt="two!! blue stars, at the top!", steps=2, seed=12, width=72, height=56),
            dict(prompt="green ring, black background", steps=3, seed=13),
            dict(prompt="a small yellow square", steps=4, seed=14, width=40, height=96),
        ],
    },
    "sdxl-lightning-like": {
        "seed": 505,
        "over": "sdxl-turbo-like",
        "new_unet": "lightning_1step_unet.safetensors",
        "scheduler": (diffusers.EulerDiscreteScheduler, {"prediction_type": "sample"}),
        "manifest": {"unet": "lightning_1step_unet.safetensors", "supports_guidance": True},
        "cases": [
            dict(prompt="a purple heart at the left", steps=1, seed=15),
            dict(prompt="a purple heart at the left", steps=2, seed=16, guidance_scale=5.0),
            dict(prompt="a white triangle", negative_prompt="blurry, grey", steps=4, seed=17,
                 guidance_scale=5.0, width=88, height=64),
            dict(prompt="a cross at the bottom", steps=8, seed=18),
        ],
    },
    "dmd2-like": {
        "over": "sdxl-turbo-like",
        "scheduler": (diffusers.LCMScheduler, {}),
        "manifest": {"unet": "../sdxl-lightning-like/lightning_1step_unet.safetensors",
                     "num_inference_steps": [1, 4],
                     "timesteps": {"1": [399], "4": [999, 749, 499, 249]}},
        "cases": [
            dict(prompt="a large orange heart on a cyan background", steps=1, seed=19),
            dict(prompt="a white triangle", steps=4, seed=20, width=64, height=72),
            dict(prompt="a white triangle", steps=4, seed=21),
        ],
    },
    "nitrofusion-like": {
        "over": "sdxl-turbo-like",
        "scheduler": (TimestepShiftLCMScheduler, {"shifted_timestep": 250}),
        "manifest": {},
        "cases": [
            dict(prompt="two blue stars", steps=1, seed=22),
            dict(prompt="two blue stars", steps=2, seed=23, width=56, height=80),
            dict(prompt="two blue stars", steps=4, seed=24),
        ],
    },
    "lcm-like": {
        "seed": 606,
        "hidden_act": "quick_gelu",
        "pad_token": "<|endoftext|>",
        "pipeline": "LatentConsistencyModelPipeline",
        "unet": dict(sample_size=12, block_out_channels=(16, 24), layers_per_block=1,
                     down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                     up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
                     attention_head_dim=8, time_cond_proj_dim=32),
        "vae": (AutoencoderKL, dict(block_out_channels=(8, 8, 16, 16), use_quant_conv=False,
                                    use_post_quant_conv=False, mid_block_add_attention=False,
                                    down_block_types=("DownEncoderBlock2D",) * 4,
                                    up_block_types=("UpDecoderBlock2D",) * 4, **KL)),
        "scheduler": diffusers.LCMScheduler(**SCALED_LINEAR, prediction_type="epsilon"),
        "cases": [
            dict(prompt="a small yellow square", steps=1, seed=25, guidance_scale=8.5),
            dict(prompt="a small yellow square", steps=2, seed=26, guidance_scale=3.3, width=96, height=72),
            dict(prompt="a purple heart at the left", steps=3, seed=27, guidance_scale=8.5),
            dict(prompt="a purple heart at the left", steps=4, seed=28, guidance_scale=1.0),
        ],
    },
    "lora-like": {
        "over": "sd15-like",
        "loras": {"hyper.safetensors": dict(seed=707, style="peft", rank=4, scale=0.8),
                  "kohya.safetensors": dict(seed=708, style="kohya", rank=3, alpha=1.5, scale=0.5)},
        "scheduler": (diffusers.DDIMScheduler, {"timestep_spacing": "trailing", "set_alpha_to_one": False}),
        "manifest": {"supports_guidance": True},
        "cases": [
            dict(prompt="a small yellow square", steps=1, seed=29),
            dict(prompt="a small yellow square", steps=2, seed=30, width=72, height=40),
            dict(prompt="a purple heart at the left", negative_prompt="grey", steps=4, seed=31,
                 guidance_scale=2.0),
            dict(prompt="green ring", steps=3, seed=32, eta=0.6),
        ],
    },
    "tcd-lora-like": {
        "over": "sd15-like",
        "loras": {"tcd.safetensors": dict(seed=709, style="diffusers", rank=2, scale=1.0)},
        "scheduler": (diffusers.TCDScheduler, {}),
        "manifest": {},
        "cases": [
            dict(prompt="a cross at the bottom", steps=1, seed=33, eta=1.0),
            dict(prompt="a cross at the bottom", steps=3, seed=34, eta=0.3, width=56, height=64),
            dict(prompt="a white triangle", steps=2, seed=35),
            dict(prompt="a white triangle", steps=1, seed=36, timesteps=[800], eta=1.0),
        ],
    },
    "sdxs-like": {
        "seed": 808,
        "hidden_act": "quick_gelu",
        "pad_token": "<|endoftext|>",
        "unet": dict(sample_size=8, block_out_channels=(16, 16, 24), layers_per_block=1,
                     down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
                     mid_block_type=None,
                     up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
                     attention_head_dim=8),
        "vae": (AutoencoderTiny, dict(encoder_block_out_channels=(16,) * 4,
                                      decoder_block_out_channels=(16,) * 4,
                                      num_encoder_blocks=(0, 1, 0, 0),
                                      num_decoder_blocks=(1, 1, 1, 1))),
        "scheduler": diffusers.EulerDiscreteScheduler(**SCALED_LINEAR, timestep_spacing="trailing",
                                                      steps_offset=1),
        "cases": [
            dict(prompt="two blue stars", steps=1, seed=37),
            dict(prompt="two blue stars", steps=1, seed=38, width=56, height=88),
            dict(prompt="a white triangle", steps=1, seed=39),
        ],
    },
    "zero-snr-like": {
        "over": "sd-turbo-like",
        "scheduler": (diffusers.EulerDiscreteScheduler,
                      {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}),
        "manifest": {},
        "cases": [
            dict(prompt="a large red circle on a white background", steps=1, seed=40),
            dict(prompt="green ring", steps=2, seed=41, width=72, height=56),
            dict(prompt="green ring", steps=3, seed=42),
        ],
    },
    "step-distilled-like": {
        "over": "sd-turbo-like",
        "scheduler": (diffusers.DDIMScheduler,
                      {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}),
        "manifest": {},
        "cases": [
            dict(prompt="a large red circle on a white background", steps=1, seed=43),
            dict(prompt="green ring", steps=2, seed=44, width=72, height=56),
            dict(prompt="green ring", steps=3, seed=45),
        ],
    },
    "imagine-flash-like": {
        "over": "sd-turbo-like",
        "scheduler": (NoiseCorrectedDDIMScheduler, {"_class_name": "DDIMScheduler"}),
        "manifest": {"noise_correction": True, "num_inference_steps": [1, 2, 3]},
        "cases": [
            dict(prompt="a large red circle on a white background", steps=1, seed=46),
            dict(prompt="green ring", steps=2, seed=47, width=72, height=56),
            dict(prompt="green ring", steps=3, seed=48),
        ],
    },
}
