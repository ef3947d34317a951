"""HTTP/2 as a peer that means no good speaks it: frames as they are written down, whatever the server says."""

import re
import socket
import struct

from harness import PATIENCE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
ACK, END_STREAM, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4
ENHANCE_YOUR_CALM = 11
MAX_FRAME = 16384


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream) + payload


def hpack_length(length, prefix_bits):
    """RFC 7541, section 5.1."""
    limit = (1 << prefix_bits) - 1
    if length < limit:
        return bytes([length])
    length -= limit
    coded = bytes([limit])
    while length >= 128:
        coded += bytes([length % 128 + 128])
        length //= 128
    return coded + bytes([length])


def literal(name, value):
    """A header that is not indexed and not compressed: RFC 7541, section 6.2.2."""
    name, value = name.encode(), value if isinstance(value, bytes) else value.encode()
    return b"\0" + hpack_length(len(name), 7) + name + hpack_length(len(value), 7) + value


def call_headers(method, extra=()):
    headers = ((":method", "POST"), (":scheme", "http"), (":path", method),
               (":authority", "localhost"), ("te", "trailers"),
               ("content-type", "application/grpc"), *extra)
    return b"".join(literal(name, value) for name, value in headers)


def message(payload):
    """The gRPC message in its frame."""
    return b"\0" + struct.pack(">I", len(payload)) + payload


class RawConnection:
    """A connection that has sent its preface and SETTINGS, and never acknowledges the server's.

    With a `window`, the server may send as much without being told to go on, on each stream and on all;
    with a `receive_buffer`, the kernel keeps only about as much for a peer that does not read."""

    def __init__(self, address, timeout=PATIENCE, window=None, receive_buffer=None):
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect((host, int(port)))
        if window:
            settings = struct.pack(">HI", INITIAL_WINDOW_SIZE, window)
            self.send(PREFACE + frame(SETTINGS, 0, 0, settings) + window_update(0, window))
        else:
            self.send(PREFACE + frame(SETTINGS, 0, 0))
        self._received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False when the server has hung up."""
        try:
            self.socket.sendall(data)
        except (ConnectionError, TimeoutError):
            return False
        return True

    def frames(self):
        """(kind, flags, stream, payload) of what comes, until the server hangs up or says nothing."""
        while True:
            while len(self._received) >= 9:
                length = int.from_bytes(self._received[:3], "big")
                if len(self._received) < 9 + length:
                    break
                kind, flags = self._received[3:5]
                stream = int.from_bytes(self._received[5:9], "big")
                payload = self._received[9:9 + length]
                self._received = self._received[9 + length:]
                yield kind, flags, stream, payload
            try:
                more = self.socket.recv(1 << 16)
            except (ConnectionError, TimeoutError):
                return
            if not more:
                return
            self._received += more


def status_of(connection):
    """The grpc-status of the first call of a connection; None when it has none.

    Later ones would be compressed by reference to it."""
    for kind, flags, _, payload in connection.frames():
        found = re.search(rb"grpc-status.(\d+)", payload, re.DOTALL) if kind == HEADERS else None
        if found:
            return int(found.group(1))
        if kind in (GOAWAY, RST_STREAM) or kind == HEADERS and flags & END_STREAM:
            return None
    return None


def call_frames(stream, method, payload, extra=()):
    """A whole call: headers, in as many frames as they need, and the message."""
    block = call_headers(method, extra)
    parts = [block[i:i + MAX_FRAME] for i in range(0, len(block), MAX_FRAME)]
    sent = b""
    for i, part in enumerate(parts):
        flags = END_HEADERS if i == len(parts) - 1 else 0
        sent += frame(CONTINUATION if i else HEADERS, flags, stream, part)
    return sent + frame(DATA, END_STREAM, stream, message(payload))


def window_update(stream, bytes_more):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", bytes_more))


def reset(stream):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", 8))  # CANCEL
