"""A peer that is gone without a word: no FIN, no RST, no answer to anything.

Needs a network of its own, in which the loopback device can be taken down under an open connection: the tests run
again inside `unshare --net`, and skip themselves where that is not allowed.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import time
import unittest

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
INSIDE = "STROBE_TEST_INSIDE_NETWORK"
UNSHARE = ["unshare", "--map-root-user", "--user", "--net"]


def set_loopback(up):
    with socket.socket() as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags, = struct.unpack("16xh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        flags = flags | IFF_UP if up else flags & ~IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))


@unittest.skipIf(os.environ.get(INSIDE), "only starts the other one")
class OutsideTest(unittest.TestCase):

    def test_inside_a_network_of_its_own(self):
        probe = subprocess.run([*UNSHARE, "true"], stderr=subprocess.PIPE, text=True, check=False)
        if probe.returncode:
            self.skipTest(f"no network of its own: {probe.stderr.strip()}")
        done = subprocess.run([*UNSHARE, sys.executable, "-B", __file__],
                              env={**os.environ, INSIDE: "1"}, stderr=subprocess.PIPE, text=True,
                              timeout=200, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


@unittest.skipUnless(os.environ.get(INSIDE), "needs a network of its own")
class VanishingPeerTest(unittest.TestCase):

    def test_a_peer_that_vanishes_is_given_up_while_data_is_on_its_way(self):
        # pylint: disable=import-outside-toplevel
        import http2
        from harness import METHOD, ServerProcess, images_of, pb
        set_loopback(True)
        # The stall timer must not be what ends the call.
        with ServerProcess("--write-stall-timeout", "1h") as server:
            # More pixels than the window of a peer that never widens it: the call cannot complete.
            request = pb.GenerateImagesRequest(prompt="a red circle", num_images=8, width=64,
                                               height=64,
                                               output_format=pb.OUTPUT_FORMAT_RAW_RGB8)
            with http2.RawConnection(server.address) as peer:
                peer.send(http2.call_frames(1, METHOD, request.SerializeToString()))
                next(kind for kind, *_ in peer.frames() if kind == http2.DATA)  # `accepted`
                set_loopback(False)
                start = time.monotonic()
                record = server.wait_for_log("request")
                seconds = time.monotonic() - start
            self.assertEqual((record["outcome"], record["reason"]), ("cancelled", "CANCELLED"))
            self.assertLess(record["images_sent"], 8)
            # Unacknowledged data has 20 s (TCP_USER_TIMEOUT); by itself the kernel waits for a
            # quarter of an hour.
            self.assertLess(seconds, 60)
            set_loopback(True)
            self.assertEqual(len(images_of(server.generate(wait_for_ready=True))), 1)


if __name__ == "__main__":
    unittest.main()
