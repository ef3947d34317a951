"""A model that strobe-model wrote loads and samples in diffusers itself.

    diffusers_load_test.py <model directory>

Exit code 77, "skipped", where diffusers is not installed.
"""

import sys

try:
    import torch
    from diffusers import StableDiffusionPipeline
except ImportError as error:
    print(f"skipped: {error}; install diffusers, transformers and torch to run this")
    sys.exit(77)

pipeline = StableDiffusionPipeline.from_pretrained(
    sys.argv[1], safety_checker=None, torch_dtype=torch.float32
)
image = pipeline(
    "a large red circle on a white background",
    num_inference_steps=3,
    guidance_scale=1.0,
    generator=torch.Generator().manual_seed(7),
).images[0]
assert image.size == (64, 64), image.size
middle, corner = image.getpixel((32, 32)), image.getpixel((2, 2))
assert middle[0] > 150 and middle[1] < 110 and middle[2] < 110, f"the middle is not red: {middle}"
assert min(corner) > 200, f"the corner is not white: {corner}"
