#!/usr/bin/env python3
"""Runs a mounted container image as its configuration says: verify_image.py ROOT IMAGE.json [FLAG...]

Without an image, `-` for IMAGE.json and a root with the layout of one (deploy/image/stage_root.sh), it is run as the
Dockerfile says. FLAGs are the server's, beside those of the image.

Plays the container runtime: a mount namespace of its own, the root read-only with a scratch /tmp, /proc
and /dev, the image's user, no capability and no new privileges. Checks the configuration, starts the server, waits
for the health check, draws a picture through the image's client, sends SIGTERM and expects exit 0; the model is a
small layer of its own.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

START_SECONDS = 120
# What NVIDIA's container runtime mounts.
DRIVER = {"libcuda.so.1", "libnvidia-ml.so.1"}
PNG = b"\x89PNG\r\n\x1a\n"


def check(condition, what):
    if not condition:
        sys.exit(f"verify_image: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def in_image(root, config, scratch, command):
    """The argument vector that runs `command` inside the image."""
    script = (f"mkdir -p {root}/proc {root}/dev && mount --bind {root} {root} && "
              f"mount -o remount,ro,bind {root} && mount --bind {scratch} {root}/tmp && "
              f"mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev && "
              f"exec setpriv --no-new-privs chroot --userspec={config['User']} --groups= {root} "
              '"$@"')
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *command]


def check_config(config, root):
    check(config["User"] == "65532:65532", "the image runs as root")
    check(config["Entrypoint"] == ["/usr/local/bin/strobe-server"], "no exec-form entrypoint")
    check(config["StopSignal"] == "SIGTERM", "another stop signal than SIGTERM")
    check(config["Healthcheck"]["Test"] == ["CMD", "/usr/local/bin/strobe-client", "health"],
          "no health check without a shell")
    for label in ("title", "version", "revision", "licenses"):
        check(config["Labels"].get(f"org.opencontainers.image.{label}"), f"no label {label}")
    for name in ("bin/sh", "usr/bin/sh", "bin/bash", "usr/bin/apt-get"):
        check(not (root / name).exists(), f"the image has /{name}")
    check(list((root / "usr/share/doc").glob("*/copyright")), "no licences in the image")


def missing_libraries(root):
    """Names that the programs need, directly or through a library, and that are not in the image."""
    there = {path.name: path for path in root.rglob("*.so*")}
    waiting = [root / "usr/local/bin/strobe-server", root / "usr/local/bin/strobe-client"]
    seen, missing = set(), set()
    while waiting:
        headers = subprocess.run(["objdump", "-p", waiting.pop()], stdout=subprocess.PIPE, text=True, check=True)
        for name in re.findall(r"^  NEEDED +(\S+)", headers.stdout, re.MULTILINE):
            if name not in seen | DRIVER:
                seen.add(name)
                waiting += [there[name]] if name in there else []
                missing |= {name} - set(there)
    return sorted(missing)


def layer_sizes(image):
    """Bytes of the layers with something in them, the lowest first."""
    return [layer["size"] for layer in json.loads(image["Manifest"])["layers"] if layer["size"] > 4096]


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*")
               if path.is_file() and not path.is_symlink())


def staged_config():
    """The configuration of a root that is no image yet; tests/deploy holds the Dockerfile to the same."""
    return {"User": "65532:65532", "Entrypoint": ["/usr/local/bin/strobe-server"],
            "Healthcheck": {"Test": ["CMD", "/usr/local/bin/strobe-client", "health"]}}


def run(root, config, scratch, flags):
    """Start to exit; the seconds until the health check passed and the size of the picture."""
    port, metrics = free_port(), free_port()
    command = [*config["Entrypoint"], "--model=/models/scenes",
               f"--address=127.0.0.1:{port}", f"--metrics-address=127.0.0.1:{metrics}", *flags]
    log = tempfile.TemporaryFile()
    started = time.monotonic()
    server = subprocess.Popen(in_image(root, config, scratch, command), stdout=log, stderr=log)
    try:
        health = [*config["Healthcheck"]["Test"][1:], "--address", f"127.0.0.1:{port}", "--wait",
                  f"{START_SECONDS}s"]
        healthy = subprocess.run(in_image(root, config, scratch, health), check=False).returncode
        ready = time.monotonic() - started
        if healthy != 0:
            log.seek(0)
            sys.exit(f"verify_image: not healthy:\n{log.read().decode()}")
        client = ["/usr/local/bin/strobe-client", "generate", "a large red circle on a white background",
                  "--seed", "7", "--steps", "3", "--output", "/tmp", "--address", f"127.0.0.1:{port}"]
        drawn = subprocess.run(in_image(root, config, scratch, client), check=False).returncode
        check(drawn == 0, "the client drew nothing")
        picture, = pathlib.Path(scratch).glob("*.png")
        check(picture.read_bytes().startswith(PNG), "the picture is no PNG")
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        check(fields["Uid"].split()[0] != "0", "the server runs as root")
        check(int(fields["CapEff"], 16) == 0, "the server has capabilities")
        check(fields["NoNewPrivs"] == "1", "the server may gain privileges")
        maps = pathlib.Path(f"/proc/{server.pid}/maps").read_text()
        check("/libjemalloc.so" in maps, "the server does not allocate with jemalloc")
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=START_SECONDS) as answer:
            check(b"strobe_images_total 1\n" in answer.read(), "the metrics do not count the picture")
        server.send_signal(signal.SIGTERM)
        check(server.wait(60) == 0, f"exit code {server.returncode} after SIGTERM")
        return ready, picture.stat().st_size
    finally:
        if server.poll() is None:
            server.kill()


def main():
    root = pathlib.Path(sys.argv[1])
    layers = []
    if sys.argv[2] == "-":
        config = staged_config()
    else:
        image = json.loads(pathlib.Path(sys.argv[2]).read_text())
        config = image["Docker"]["config"]
        check_config(config, root)
        layers = layer_sizes(image)
        check(len(layers) == 3, f"not libraries, programs and model: layers of {layers} bytes")
        check(layers[-1] < 25e6, "the model's layer is not small")
    check(not missing_libraries(root), f"the image lacks {missing_libraries(root)}")
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o1777)
        ready, picture = run(root, config, scratch, sys.argv[3:])
    print(json.dumps({
        "image_mb": round(size_of(root) / 1e6, 1),
        "layers_mb": {name: round(size / 1e6, 1) for name, size in zip(("libraries", "programs", "model"), layers)},
        "seconds_to_healthy": round(ready, 1), "picture_bytes": picture, "exit_code": 0}))


if __name__ == "__main__":
    main()
