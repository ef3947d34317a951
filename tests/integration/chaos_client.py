"""One caller of the chaos test, in a process of its own: it may be killed or stopped at any moment.

    chaos_client.py MODE ADDRESS CA LEDGER SEED

It calls the server, from several threads, until a line or the end of its input comes. The ledger says of every call, one JSON
object a line: its request id before it is sent, and how it ended. MODE: `steady` calls of all kinds, good,
bad, impatient, cancelled, with faults for the engine; `deaf` ones that do not read their pictures;
`garbage` that is no request.
"""

import itertools
import json
import os
import random
import select
import socket
import ssl
import sys
import threading
import time

import grpc

from harness import METHOD, error_details, pb, pb_grpc

# Prompts of the fake engine, and how often they come. The others are drawn.
FAULTS = (("fail-denoise", 3), ("fail-decode", 1), ("not-finite", 3), ("slow", 3),
          ("oom-encode-above-3", 2), ("oom-denoise-above-2", 4), ("oom-decode-above-0", 2),
          ("a red circle", 82))
LONGEST_CALL_SECONDS = 40
DEAF_SECONDS = 3.0
# What the model offers: the fake engine's, unless the environment says otherwise.
SIZES = [int(side) for side in os.environ.get("STROBE_CHAOS_SIZES", "16 32").split()]
MAX_STEPS = int(os.environ.get("STROBE_CHAOS_MAX_STEPS", "4"))
THREADS = {"steady": 3, "deaf": 1, "garbage": 1}


# How a process leaves when gRPC's Python client hangs in a call though its time is over, as it does now and then.
LEFT_HANGING = 3


class Ledger:
    """Lines that survive the process: a killed one leaves at most half a line behind."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._calls = itertools.count()
        self._open = set()

    def begin(self):
        """A new call; its id."""
        request_id = f"chaos-{os.getpid()}-{next(self._calls)}"
        self._open.add(request_id)
        self._write(id=request_id)
        return request_id

    def end(self, request_id, **result):
        self._write(id=request_id, **result)
        self._open.discard(request_id)

    def give_up(self):
        """What has not ended is said to hang, since now."""
        for request_id in list(self._open):
            self._write(id=request_id, hangs_at=time.time())

    def _write(self, **entry):
        os.write(self._fd, (json.dumps(entry) + "\n").encode())


class Caller:

    def __init__(self, address, ca, ledger, rng):
        self.address, self.ca, self.ledger, self.rng = address, ca, ledger, rng
        self.channel = None

    def reconnect(self):
        if self.channel is not None:
            self.channel.close()
        with open(self.ca, "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        self.channel = grpc.secure_channel(
            self.address, credentials,
            [("grpc.http2.lookahead_bytes", 65535), ("grpc.http2.bdp_probe", 0),
             ("grpc.use_local_subchannel_pool", 1), ("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 200)])
        self.stub = pb_grpc.ImageGenerationServiceStub(self.channel)

    def account(self, start, consume):
        """Starts a call with an id of its own, consumes it, and writes down how it ended."""
        request_id = self.ledger.begin()
        images = 0
        try:
            for event in consume(start((("x-request-id", request_id),))):
                images += event.WhichOneof("event") == "image"
            self.ledger.end(request_id, code="OK", images=images, reason=None)
        except grpc.RpcError as error:
            info = error_details(error).get("ErrorInfo")
            self.ledger.end(request_id, code=error.code().name, images=images,
                            reason=info.reason if info else None,
                            details=None if info else error.details())

    def request(self):
        rng = self.rng
        prompt = rng.choices([f[0] for f in FAULTS], [f[1] for f in FAULTS])[0]
        if prompt == "a red circle":
            prompt += f" {rng.randrange(1000)}"
        steps = rng.randint(1, MAX_STEPS)
        side = rng.choice(SIZES)
        return pb.GenerateImagesRequest(
            prompt=prompt, num_images=rng.choice((1, 1, 1, 2, 4, 8)), seed=rng.randrange(1 << 32),
            num_inference_steps=steps, partial_images=rng.choice((0, 0, steps - 1)),
            width=side, height=side,
            output_format=rng.choice((pb.OUTPUT_FORMAT_PNG, pb.OUTPUT_FORMAT_RAW_RGB8)))

    def steady(self):
        kind = self.rng.random()
        request, timeout, cancel_after = self.request(), 30, None
        if kind < 0.04:
            request.num_images = 1000
        elif kind < 0.10:
            timeout = self.rng.uniform(0.001, 0.05)
        elif kind < 0.16:
            cancel_after = self.rng.randrange(4)

        def consume(call):
            for count, event in enumerate(call):
                yield event
                if count == cancel_after:
                    call.cancel()

        self.account(lambda metadata: self.stub.GenerateImages(request, timeout=timeout,
                                                               metadata=metadata), consume)
        if kind > 0.98:
            self.reconnect()
        time.sleep(self.rng.uniform(0, 0.02))

    def deaf(self):
        # More than the window lets through: 8 images of 12 KiB and their partial ones.
        request = pb.GenerateImagesRequest(
            prompt="a red circle", num_images=8, num_inference_steps=MAX_STEPS, partial_images=MAX_STEPS - 1, width=64,
            height=64, output_format=pb.OUTPUT_FORMAT_RAW_RGB8)

        def consume(call):
            time.sleep(DEAF_SECONDS)
            yield from call

        self.account(lambda metadata: self.stub.GenerateImages(request, timeout=30,
                                                               metadata=metadata), consume)

    def garbage(self):
        kind = self.rng.randrange(4)
        if kind == 0:
            raw = self.channel.unary_stream(METHOD)
            junk = b"\x0a\xff" + self.rng.randbytes(self.rng.randrange(200))
            self.account(lambda metadata: raw(junk, timeout=20, metadata=metadata), iter)
        else:
            self.junk_connection(kind)
        time.sleep(self.rng.uniform(0, 0.1))

    def junk_connection(self, kind):
        """Bytes that are no TLS; TLS that is no HTTP/2; HTTP/2 that makes no sense. Then a reset."""
        host, port = self.address.split(":")
        try:
            peer = socket.create_connection((host, int(port)), timeout=5)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            if kind > 1:
                context = ssl.create_default_context(cafile=self.ca)
                context.set_alpn_protocols(["h2"])
                peer = context.wrap_socket(peer, server_hostname=host)
            with peer:
                if kind == 3:
                    peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
                peer.sendall(self.rng.randbytes(self.rng.randrange(1, 2000)))
                time.sleep(self.rng.uniform(0, 0.05))
        except OSError:
            pass


def main():
    mode, address, ca, ledger, seed = sys.argv[1:]
    ledger = Ledger(ledger)
    over = threading.Event()

    def call(thread):
        caller = Caller(address, ca, ledger, random.Random(int(seed) + thread))
        caller.reconnect()
        while not over.is_set():
            getattr(caller, mode)()
        caller.channel.close()

    threads = [threading.Thread(target=call, args=(i,), daemon=True) for i in range(THREADS[mode])]
    for thread in threads:
        thread.start()
    select.select([sys.stdin], [], [])
    over.set()
    end = time.monotonic() + LONGEST_CALL_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        ledger.give_up()
        os._exit(LEFT_HANGING)


if __name__ == "__main__":
    main()
