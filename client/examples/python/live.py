#!/usr/bin/env python3
"""Draws while somebody types, in Python, with nothing but grpcio and protobuf.

    python3 client/examples/python/live.py "a red" "a red circle" --interval 0.1

Each prompt stands for what the text field holds after another keystroke. Only the newest one is
drawn; the last one is always answered. Needs what generate.py needs, and writes and prints what it
does: one JSON object for each event, with the revision that it belongs to.
"""

import argparse
import json
import os
import pathlib
import sys
import time

import grpc

from generate import as_json, error_as_json, load_stubs


def type_slowly(pb2, flags):
    """The messages of the session. gRPC takes them from a thread of its own."""
    for revision, prompt in enumerate(flags.prompts, start=1):
        if revision > 1:
            time.sleep(flags.interval)
        yield pb2.LiveImagesRequest(
            revision=revision, request=pb2.GenerateImagesRequest(prompt=prompt, seed=flags.seed))


def parse_flags():
    parser = argparse.ArgumentParser(description="Draws while somebody types.")
    parser.add_argument("prompts", nargs="+")
    parser.add_argument("--address", default=os.environ.get("STROBE_ADDRESS", "127.0.0.1:50051"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--interval", type=float, default=0.1, metavar="SECONDS")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("."))
    return parser.parse_args()


def main():
    flags = parse_flags()
    pb2, pb2_grpc = load_stubs()
    options = [("grpc.max_receive_message_length", 8 << 20)]
    with grpc.insecure_channel(flags.address, options=options) as channel:
        stub = pb2_grpc.ImageGenerationServiceStub(channel)
        try:
            for event in stub.LiveImages(type_slowly(pb2, flags)):
                if event.WhichOneof("event") == "response":
                    content = as_json(event.response, flags.output / str(event.revision))
                else:  # refused: the session goes on with what is typed next
                    content = {"error": {"code": event.error.code, "message": event.error.message}}
                print(json.dumps({"revision": event.revision, **content}), flush=True)
        except grpc.RpcError as error:
            print(json.dumps(error_as_json(error)), flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
