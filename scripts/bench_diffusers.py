#!/usr/bin/env python3
"""Single-image time of diffusers on a model directory: one JSON line. Needs torch, diffusers, transformers.

    scripts/bench_diffusers.py --model model/students/tiny-shapes --threads 2 --steps 3 --seconds 5
"""

import argparse
import json
import time

import torch
from diffusers import DiffusionPipeline


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    pipe = DiffusionPipeline.from_pretrained(args.model, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)

    @torch.inference_mode()
    def draw(seed):
        pipe("a large red circle on a white background", num_inference_steps=args.steps,
             guidance_scale=1.0, generator=torch.Generator().manual_seed(seed))

    for seed in range(3):
        draw(seed)
    images, start = 0, time.perf_counter()
    while time.perf_counter() - start < args.seconds:
        draw(images)
        images += 1
    elapsed = time.perf_counter() - start
    print(json.dumps({"batch": 1, "steps": args.steps, "images_per_second": images / elapsed,
                      "batch_ms": 1e3 * elapsed / images}))


if __name__ == "__main__":
    main()
