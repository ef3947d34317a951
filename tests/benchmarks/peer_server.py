"""diffusers behind a Python server, for comparison: one kind a process, HTTP on loopback, JSON in, PNG out.

    peer_server.py fastapi|litserve --model DIRECTORY --port PORT [--threads 2] [--max-batch-size 4]

fastapi: one lock around the pipeline. litserve: batches of up to --max-batch-size, 10 ms of waiting; diffusers can
batch only images of equal steps and size, so a batch is drawn in groups.
"""

import argparse
import base64
import io
import os
import threading

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
        """A PNG for each of {"prompt", "steps", "seed"}."""
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


def serve_fastapi(args):
    import uvicorn
    from fastapi import FastAPI, Response

    app, painter, lock = FastAPI(), Painter(args.model, args.threads), threading.Lock()

    @app.post("/predict")
    def predict(job: dict):
        with lock:
            return Response(painter.draw([job])[0], media_type="image/png")

    uvicorn.run(app, host="127.0.0.1", port=args.port, log_level="error")


def serve_litserve(args):
    import litserve

    class Api(litserve.LitAPI):
        def setup(self, device):
            self.painter = Painter(args.model, args.threads)

        def decode_request(self, request):
            return request

        def batch(self, jobs):
            return jobs

        def unbatch(self, pictures):
            return pictures

        def predict(self, jobs):
            return self.painter.draw(jobs)

        def encode_response(self, picture):
            return {"png": base64.b64encode(picture).decode()}

    litserve.LitServer(Api(max_batch_size=args.max_batch_size, batch_timeout=0.01), accelerator="cpu",
                       workers_per_device=1, timeout=600).run(host="127.0.0.1", port=args.port, num_api_servers=1,
                                                              generate_client_file=False, log_level="error")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["fastapi", "litserve"])
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--max-batch-size", type=int, default=4)
    arguments = parser.parse_args()
    {"fastapi": serve_fastapi, "litserve": serve_litserve}[arguments.kind](arguments)
