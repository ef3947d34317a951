"""How far diffusers' float32 results are from float64: what the tests' limits are derived from."""

import math

import torch

from diffusers_runs import pixel_flips, relative


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
