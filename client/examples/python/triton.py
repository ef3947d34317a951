#!/usr/bin/env python3
"""Makes pictures with a strobe server through Triton's client: the Open Inference Protocol of KServe.

    pip install tritonclient[grpc]
    python3 client/examples/python/triton.py "a red circle" "a blue square" --seed 7 --steps 3

Prints the path of each file. The same server answers strobe's own API, which streams.
"""

import argparse
import pathlib

import numpy as np
import tritonclient.grpc as triton


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prompts", nargs="+")
    parser.add_argument("--address", default="127.0.0.1:50051")
    parser.add_argument("--model", default="", help="default: the server's first")
    parser.add_argument("--seed", type=int, default=0, help="of the first picture; the next has one more")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("."))
    options = parser.parse_args()

    prompt = triton.InferInput("prompt", [len(options.prompts)], "BYTES")
    prompt.set_data_from_numpy(np.array([text.encode() for text in options.prompts], dtype=object))
    parameters = {"seed": options.seed, "format": "png"}  # without a format: pixels, UINT8 [n, height, width, 3]
    if options.steps:
        parameters["steps"] = options.steps
    client = triton.InferenceServerClient(options.address)
    result = client.infer(options.model, [prompt], parameters=parameters, client_timeout=60)
    for index, data in enumerate(result.as_numpy("encoded_image")):
        path = options.output / f"triton-{options.seed + index}.png"
        path.write_bytes(data)
        print(path)


if __name__ == "__main__":
    main()
