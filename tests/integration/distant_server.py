"""A server behind a long way: each of its answers comes late."""

import socket
import threading
import time


class DistantServer:
    """Passes one connection on to `address`; what comes back is held for `delay` seconds."""

    def __init__(self, address, delay):
        host, port = address.rsplit(":", 1)
        self._target = (host, int(port))
        self._delay = delay
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _serve(self):
        near, _ = self._listener.accept()
        far = socket.create_connection(self._target)
        threading.Thread(target=pass_on, args=(near, far, 0), daemon=True).start()
        pass_on(far, near, self._delay)


def pass_on(source, sink, delay):
    try:
        while data := source.recv(65536):
            time.sleep(delay)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of the two has left
