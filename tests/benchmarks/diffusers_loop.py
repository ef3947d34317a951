"""Time of one image in diffusers: one JSON line for each number of threads. Needs torch, diffusers, transformers."""

import argparse
import json
import time

import torch
from diffusers import DiffusionPipeline


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    pipe = DiffusionPipeline.from_pretrained(args.model, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)

    @torch.inference_mode()
    def draw(seed):
        pipe("a large red circle on a white background", num_inference_steps=args.steps,
             guidance_scale=1.0, generator=torch.Generator().manual_seed(seed))

    for threads in args.threads:
        torch.set_num_threads(threads)
        for seed in range(3):
            draw(seed)
        images, start = 0, time.perf_counter()
        while time.perf_counter() - start < args.seconds:
            draw(images)
            images += 1
        elapsed = time.perf_counter() - start
        print(json.dumps({"threads": threads, "steps": args.steps, "images_per_second": images / elapsed}))


if __name__ == "__main__":
    main()
