#!/usr/bin/env python3
"""Makes pictures with a strobe server, in Python, with nothing but grpcio and protobuf.

    python3 client/examples/python/generate.py "a red circle on a blue background" --seed 7

Needs the packages grpcio and protobuf (Debian: python3-grpcio, python3-protobuf), and, to translate
proto/strobe/v1/image_generation.proto once, either of
  * protoc with grpc_python_plugin (Debian: protobuf-compiler, protobuf-compiler-grpc), or
  * the Python package grpcio-tools.
The translation is kept in ${XDG_CACHE_HOME:-~/.cache}/strobe/python-stubs, under a name made of the
proto file's content, so that it is never out of date. Your own program would translate it when it
is built:

    protoc -I proto --python_out=. --grpc_python_out=. \\
        --plugin=protoc-gen-grpc_python=$(which grpc_python_plugin) \\
        strobe/v1/image_generation.proto

Prints one JSON object a line: each event of the stream, with the bytes of a picture replaced by the
path of its file; numbers that are 0 are left out, as protobuf's JSON has it. A failed call prints
{"error": {code, message, details}} and exits with 1; the details (reason, violations, when to
retry) need the package grpcio-status, and are empty without.
"""

import argparse
import hashlib
import importlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import grpc
from google.protobuf import json_format

try:
    from google.rpc import error_details_pb2  # noqa: F401  json_format needs it to know the types
    from grpc_status import rpc_status
except ImportError:
    rpc_status = None

PROTO_ROOT = pathlib.Path(__file__).resolve().parents[3] / "proto"
PROTO = "strobe/v1/image_generation.proto"
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def translate(proto_root, target):
    """Writes the Python stubs of PROTO below `target`."""
    arguments = [f"-I{proto_root}", f"--python_out={target}", f"--grpc_python_out={target}", PROTO]
    protoc = shutil.which("protoc")
    plugin = shutil.which("grpc_python_plugin")
    if protoc and plugin:
        command = [protoc, f"--plugin=protoc-gen-grpc_python={plugin}"]
    else:
        command = [sys.executable, "-m", "grpc_tools.protoc"]
    try:
        subprocess.run(command + arguments, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"cannot translate {PROTO}: {error}\n"
                 "install protobuf-compiler and protobuf-compiler-grpc, or pip install grpcio-tools")


def load_stubs(proto_root=PROTO_ROOT):
    """The modules image_generation_pb2 and image_generation_pb2_grpc, translated when missing."""
    content = (proto_root / PROTO).read_bytes()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    stubs = cache / "strobe" / "python-stubs" / hashlib.sha256(content).hexdigest()[:16]
    if not stubs.is_dir():
        stubs.parent.mkdir(parents=True, exist_ok=True)
        fresh = pathlib.Path(tempfile.mkdtemp(dir=stubs.parent))
        translate(proto_root, fresh)
        try:
            fresh.rename(stubs)  # whole or not at all
        except OSError:
            shutil.rmtree(fresh)  # another process was first
    sys.path.insert(0, str(stubs))
    return (importlib.import_module("strobe.v1.image_generation_pb2"),
            importlib.import_module("strobe.v1.image_generation_pb2_grpc"))


def make_request(pb2, flags):
    """The request; what is not asked for stays unset and is the model's default."""
    request = pb2.GenerateImagesRequest(
        prompt=flags.prompt, model=flags.model, num_images=flags.num_images,
        width=flags.size[0], height=flags.size[1], num_inference_steps=flags.steps,
        partial_images=flags.partial_images,
        output_format=pb2.OutputFormat.Value("OUTPUT_FORMAT_" + flags.format.upper()))
    if flags.seed is not None:
        request.seed = flags.seed
    return request


def save(image, directory, stem):
    """Writes the picture to a file, replacing one of that name, and returns the path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stem}.{EXTENSIONS.get(image.mime_type, 'rgb')}"
    path.write_bytes(image.data)
    return path


def as_json(event, directory):
    """One event as JSON; a picture goes to its file first."""
    kind = event.WhichOneof("event")
    path = None
    if kind in ("image", "partial_image"):
        image = getattr(event, kind)
        suffix = f"-step{image.steps_done}" if kind == "partial_image" else ""
        path = save(image, directory, f"image-{image.seed}{suffix}")
        image.ClearField("data")
    message = json_format.MessageToDict(event, preserving_proto_field_name=True)
    if path is not None:
        message[kind].pop("data", None)
        message[kind]["path"] = str(path)
    return message


def error_as_json(error):
    """What a failed call says, with its google.rpc details when grpcio-status is there."""
    status = rpc_status.from_call(error) if rpc_status else None
    details = [json_format.MessageToDict(any) for any in status.details] if status else []
    return {"error": {"code": error.code().name, "message": error.details(), "details": details}}


def parse_flags():
    parser = argparse.ArgumentParser(description="Makes pictures with a strobe server.")
    parser.add_argument("prompt")
    parser.add_argument("--address", default=os.environ.get("STROBE_ADDRESS", "127.0.0.1:50051"))
    parser.add_argument("--model", default="")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--size", metavar="WxH", default=(0, 0),
                        type=lambda text: tuple(int(side) for side in text.split("x")))
    parser.add_argument("--num-images", type=int, default=0)
    parser.add_argument("--partial-images", type=int, default=0)
    parser.add_argument("--format", choices=["png", "jpeg", "webp", "raw_rgb8"], default="png")
    parser.add_argument("--deadline", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--request-id")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("."))
    return parser.parse_args()


def main():
    flags = parse_flags()
    pb2, pb2_grpc = load_stubs()
    # A picture may be 4 MiB, which is also gRPC's limit for a whole message.
    options = [("grpc.max_receive_message_length", 8 << 20)]
    metadata = [("x-request-id", flags.request_id)] if flags.request_id else None
    with grpc.insecure_channel(flags.address, options=options) as channel:
        stub = pb2_grpc.ImageGenerationServiceStub(channel)
        try:
            for event in stub.GenerateImages(make_request(pb2, flags), timeout=flags.deadline,
                                             metadata=metadata):
                print(json.dumps(as_json(event, flags.output)), flush=True)
        except grpc.RpcError as error:
            print(json.dumps(error_as_json(error)), flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
