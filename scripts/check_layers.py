#!/usr/bin/env python3
"""Checks who may include whom, from the #include lines alone.

Rules, each a one-line failure naming file and line:
1. The layer table below: a folder includes only itself and the folders named for it.
2. No source file sees both LibTorch and protobuf, directly or through our headers: LibTorch ships an
   old google/protobuf of its own.
   Nothing in a folder of WIRELESS sees either.
3. Time is read only in base/stopwatch.cc and server/base/clock.cc (and, as deadlines, in the client).
4. docs/contributing/layers.md says what the table says.

    scripts/check_layers.py [root]
    scripts/check_layers.py --markdown     writes that page
"""

import pathlib
import re
import sys

TORCH = "LibTorch"
PROTO = "proto"

TORCH_CORE = {"model/spec", "model/arithmetic", "model/weights", "model/cuda", "model/layers", TORCH}
PIPELINE = TORCH_CORE | {"model/text", "model/denoiser", "model/autoencoder", "model/sampling"}
EVALUATION = {"model/evaluation/statistics", "model/evaluation/detectors", "model/evaluation/report"}
TRAINING = PIPELINE | {"model/output", "model/pipeline", "model/scenes", "model/image_io", "model/evaluation",
                       "model/evaluation/detectors"}
TRAINING_ROOMS = {"model/training/networks", "model/training/data", "model/training/methods",
                  "model/training/stages"}
SERVER_ALL = {
    "server/base", "server/observability", "server/admission", "server/batching", "server/batching/costs", "server/imaging",
    "server/models", "server/requests", "server/rpc", "server/rpc/strobe_v1", "server/rpc/open_inference", "server/engine",
    "server/simulation", "server/security", "server/options",
    "server/startup", "server/ports",
}

RPC = {PROTO, "server/base", "server/observability", "server/models", "server/requests", "server/batching/generation_task",
       "model/spec"}

# Folders that nothing of gRPC, protobuf or LibTorch may reach, not even through our own headers.
WIRELESS = ("server/requests",)

# Folder: the folders (or TORCH, PROTO) it may use beside itself. The longest prefix counts.
LAYERS = {
    "base": set(),
    "workload": set(),
    "model/spec": set(),
    "model/image_io": {"model/spec"},
    "model/output": set(),
    "model/self_test": {"model/spec", "model/image_io", "model/output"},
    "model/weights": {"model/spec", TORCH},
    "model/arithmetic": set(),
    "model/cuda": {"model/arithmetic", TORCH},
    "model/layers": {"model/spec", "model/arithmetic", "model/weights", "model/cuda", TORCH},
    "model/text": TORCH_CORE,
    "model/denoiser": TORCH_CORE,
    "model/autoencoder": TORCH_CORE,
    "model/sampling": TORCH_CORE,
    "model/pipeline": PIPELINE,
    "model/scenes": {"model/spec", "model/image_io", TORCH},
    "model/evaluation/statistics": PIPELINE | {"model/scenes"},
    "model/evaluation/detectors": {"model/evaluation/statistics", "model/scenes", "model/spec"},
    "model/evaluation/report": {"model/evaluation/statistics", "model/evaluation/detectors", "model/scenes", "model/spec"},
    "model/evaluation": PIPELINE | {"model/output", "model/pipeline", "model/scenes", "model/image_io"} | EVALUATION,
    "model/training/networks": TRAINING,
    "model/training/data": TRAINING | {"model/training/networks"},
    "model/training/methods": TRAINING | {"model/training/networks", "model/training/data"},
    "model/training/stages": TRAINING | {"model/training/networks", "model/training/data", "model/training/methods"},
    "model/training/run": TRAINING | TRAINING_ROOMS,
    "model/tools": PIPELINE | {"model/output", "model/pipeline", "model/image_io", "model/scenes", "model/evaluation",
                               "model/training/run", "model/training/data", "model/self_test"},
    "server/base": set(),
    "server/observability": {"server/base", "model/spec"},
    "server/admission": {"server/base", "server/models", "server/observability", "server/batching",
                         "server/batching/costs", "model/spec"},
    "server/models": {"server/base", "model/spec"},
    "server/batching/costs": {"server/models", "model/spec"},
    "server/batching": {"server/base", "server/batching/costs", "server/observability", "server/models", "model/spec"},
    "server/imaging": {"server/base", "server/models", "server/observability", "server/batching", "model/spec",
                       "model/image_io"},
    "server/requests": {"server/base", "server/models", "server/observability", "server/admission", "server/batching",
                        "model/spec"},
    "server/rpc": RPC,
    "server/rpc/strobe_v1": RPC | {"server/rpc"},
    "server/rpc/open_inference": RPC | {"server/rpc"},
    "server/engine": {"server/batching/stage_engine", "server/models/model_key", "model/pipeline", "model/spec", TORCH},
    "server/simulation": {"server/base", "server/models", "server/batching", "server/batching/costs", "server/admission",
                          "server/observability", "model/spec", "workload"},
    "server/security": {PROTO, "server/base", "server/observability"},
    "server/options": {"server/base", "server/observability", "server/engine/engine_options",
                       "server/ports/port_options", "server/requests/request_limits", "server/rpc/call_writer_options",
                       "server/security/security_options", "server/startup/backend_options", "model/spec"},
    "server/startup": {"server/base", "server/models", "server/observability", "server/admission", "server/batching",
                       "server/batching/costs", "server/imaging", "server/requests", "model/spec", "model/image_io", "model/self_test"},
    "server/ports": {PROTO, "server/base", "server/observability", "server/security"},
    "server/program": SERVER_ALL | {PROTO, "model/spec", "model/image_io", "workload"},
    "client": {PROTO, "model/spec", "model/image_io", "workload"},
}

# Folder: what it is, for the page.
ABOUT = {
    "base": "files, JSON, status macros, stopwatch: for everybody",
    "workload": "arrival schedules, mixed workloads and traces, latency statistics, bisection; all pure",
    "model/spec": "words of the model without LibTorch: specs, step tables, manifest",
    "model/image_io": "RgbImage to PNG, JPEG, WebP and back",
    "model/output": "folders that strobe-model writes, and what of them it may replace",
    "model/self_test": "pictures stored beside a model, and how far two pictures are apart",
    "model/weights": "safetensors, diffusers directories, state dicts, LoRA",
    "model/arithmetic": "formulas that CPU loops and CUDA kernels share; headers alone",
    "model/cuda": "CUDA kernels on tensors, calls captured as CUDA graphs; only with `-DSTROBE_CUDA=ON`",
    "model/layers": "convolution, linear, norms, attention arithmetic",
    "model/text": "tokenizers and text encoders",
    "model/denoiser": "the networks that predict noise",
    "model/autoencoder": "latents to pictures, and back",
    "model/sampling": "noise schedules, step tables, noise, the step rule",
    "model/pipeline": "a loaded model as batched stages",
    "model/scenes": "drawn scenes with captions and truth; folders of captioned pictures",
    "model/evaluation/statistics": "distances between sets of pictures, intervals of paired differences",
    "model/evaluation/detectors": "what a picture shows, by rules: shapes, colours, surfaces",
    "model/evaluation/report": "prompt sets, rows, claims and the pages made of them",
    "model/evaluation": "the critic, and the comparison of checkpoints",
    "model/training/networks": "networks that learn, optimizer, mixed precision",
    "model/training/data": "pictures, captions and recipes of a run",
    "model/training/methods": "distillation methods, a file each",
    "model/training/stages": "what learns in which order",
    "model/training/run": "the trainer, checkpoints, curves, model cards",
    "model/tools": "`strobe-model`",
    "server/base": "clock (the only reader of time), executor, request errors",
    "server/observability": "metrics, logging",
    "server/admission": "limits and deadline feasibility",
    "server/models": "the models that are served: keys, handles, the registry",
    "server/batching": "tasks, the engine's interface, batch policy, scheduler, batcher",
    "server/batching/costs": "what stages take, of time and of memory",
    "server/imaging": "finished samples to encoded bytes",
    "server/requests": "requests and their events, from arrival to end, whatever the wire",
    "server/rpc": "the mechanics of gRPC calls",
    "server/rpc/strobe_v1": "`strobe.v1`: bytes to requests, events to bytes",
    "server/rpc/open_inference": "the Open Inference Protocol: bytes to requests, events to bytes",
    "server/engine": "the stage engine over `model/pipeline`",
    "server/simulation": "policy and admission in simulated time, and the file of measured costs",
    "server/security": "TLS, tokens, the accept loop",
    "server/options": "flags, environment, config file",
    "server/startup": "load, warm up, self-test",
    "server/ports": "the gRPC ports",
    "server/program": "the composition root and its commands",
    "client": "`strobe-client`: calls, terminal pictures, load tests",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
TORCH_HEADER = re.compile(r"^(ATen|c10|torch|caffe2)/")
PROTO_HEADER = re.compile(r"^(google/protobuf|google/rpc|grpc|grpcpp|strobe/v1|inference|proto)/|^grpc(pp)?\b.*")
CLOCK = re.compile(r"absl::Now\(|std::chrono::\w+_clock::now|\bgettimeofday\(|\bclock_gettime\(|\bsleep_for\(")
CLOCK_OWNERS = ("base/stopwatch.cc", "server/base/clock.cc", "client/", "tests/")


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) or match.group(2)


def layer_of(name):
    """The entry of LAYERS that `name` belongs to, or None."""
    fits = [layer for layer in LAYERS if name == layer or name.startswith(layer + "/")]
    return max(fits, key=len) if fits else None


def kind_of(header):
    if TORCH_HEADER.match(header):
        return TORCH
    if PROTO_HEADER.match(header):
        return PROTO
    return None


def check_layers(root, sources):
    for source in sources:
        name = source.relative_to(root).as_posix()
        layer = layer_of(name)
        if layer is None:
            continue
        for number, header in includes(source):
            kind = kind_of(header)
            target = kind or layer_of(header)
            if target is None or target in (layer, "base"):
                continue
            allowed = LAYERS[layer]
            stem = header.rsplit(".", 1)[0]
            if target not in allowed and stem not in allowed:
                yield f"{name}:{number}: {layer} may not use {header}"


def check_kinds(root, sources):
    direct = {s.relative_to(root).as_posix(): [h for _, h in includes(s)] for s in sources}

    def reach(name, seen):
        kinds = set()
        for header in direct.get(name, []):
            kind = kind_of(header)
            if kind:
                kinds.add(kind)
            elif header in direct and header not in seen:
                seen.add(header)
                kinds |= reach(header, seen)
        return kinds

    for name in direct:
        kinds = reach(name, {name})
        if kinds >= {TORCH, PROTO}:
            yield f"{name}: sees both LibTorch and protobuf"
        if layer_of(name) in WIRELESS and kinds:
            yield f"{name}: sees {', '.join(sorted(kinds))} through our headers"


def check_clock(root, sources):
    for source in sources:
        name = source.relative_to(root).as_posix()
        if name.startswith(CLOCK_OWNERS):
            continue
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
            if CLOCK.search(line.split("//")[0]):
                yield f"{name}:{number}: reads the time; take a server::Clock instead"


PAGE = "docs/contributing/layers.md"
PAGE_HEAD = """# Layers

Written by `scripts/check_layers.py --markdown` from the table that the script checks. Do not edit.

A header with its source is one entry. A folder is one CMake target (`model/spec` is
`strobe::model_spec`), except where a part of it needs less than the whole: the folder's
`CMakeLists.txt` says why. Includes are written from the root, and `tests/` mirrors the tree.

A folder includes only itself, `base`, and the folders named for it. LibTorch and proto (gRPC and
protobuf) stand in the table like folders, and no source file sees both: LibTorch carries an old
`google/protobuf` of its own. A name with a file in it is that header alone.

| folder | what it is | may use |
|---|---|---|
"""


def named(allowed):
    """The table's cell of a set of folders: the one that may use most of them itself, and the rest."""
    wide = [layer for layer in LAYERS if layer in allowed and len(LAYERS[layer]) > 3 and LAYERS[layer] <= allowed]
    cells = []
    if wide:
        widest = max(wide, key=lambda layer: len(LAYERS[layer]))
        allowed = allowed - LAYERS[widest] - {widest}
        cells = [f"`{widest}` and what it may use"]
    cells += [f"`{room}`" for room in sorted(allowed - {TORCH, PROTO})] + sorted(allowed & {TORCH, PROTO})
    return ", ".join(cells) or "nothing of ours"


def page():
    rows = [f"| `{layer}` | {ABOUT.get(layer, '')} | {named(allowed)} |" for layer, allowed in LAYERS.items()]
    return PAGE_HEAD + "\n".join(rows) + "\n"


def check_page(root):
    for layer in LAYERS.keys() - ABOUT.keys():
        yield f"scripts/check_layers.py: ABOUT does not say what {layer} is"
    for layer in ABOUT.keys() - LAYERS.keys():
        yield f"scripts/check_layers.py: ABOUT has {layer}, which is no layer"
    written = root / PAGE
    if not written.exists() or written.read_text(encoding="utf-8") != page():
        yield f"{PAGE}: is not what the table says; run scripts/check_layers.py --markdown"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--markdown"]
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent)
    root = root.resolve()
    if "--markdown" in sys.argv[1:]:
        (root / PAGE).write_text(page(), encoding="utf-8")
        return 0
    sources = sorted(
        path
        for top in ("base", "workload", "model", "server", "client", "tests")
        for path in (root / top).rglob("*")
        if path.suffix in (".h", ".cc", ".cu")
    )
    problems = [*check_layers(root, sources), *check_kinds(root, sources),
                *check_clock(root, sources), *check_page(root)]
    for problem in problems:
        print(problem)
    print(f"{len(sources)} files checked, {len(problems)} layer violations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
