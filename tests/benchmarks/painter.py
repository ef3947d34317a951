"""diffusers for the Python servers that strobe is compared with."""

import argparse
import io
import os

os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from diffusers import DiffusionPipeline  # noqa: E402


class Painter:
    def __init__(self, model, threads):
        torch.set_num_threads(threads)
        self.pipe = DiffusionPipeline.from_pretrained(model, torch_dtype=torch.float32, local_files_only=True)
        self.pipe.set_progress_bar_config(disable=True)

    @torch.inference_mode()
    def draw(self, jobs):
        """A PNG for each of {"prompt", "steps", "seed"}: diffusers can batch those of equal steps alone."""
        pictures = [None] * len(jobs)
        for steps in {job["steps"] for job in jobs}:
            group = [i for i, job in enumerate(jobs) if job["steps"] == steps]
            images = self.pipe([jobs[i]["prompt"] for i in group], num_inference_steps=steps, guidance_scale=1.0,
                               generator=[torch.Generator().manual_seed(jobs[i]["seed"]) for i in group]).images
            for i, image in zip(group, images):
                buffer = io.BytesIO()
                image.save(buffer, "PNG", compress_level=1)
                pictures[i] = buffer.getvalue()
        return pictures


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()
