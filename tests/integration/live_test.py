"""A live session as an independent client has it: typing, superseding, errors that do not end it."""

import queue
import subprocess
import time
import unittest

import grpc

from harness import CLIENT, SERVICE, ServerTestCase, error_details_pb2, pb, status_pb2

TEXT = "a large red circle on a white background"
KEYSTROKE_SECONDS = 0.1
LIVE_METHOD = f"/{SERVICE}/LiveImages"


class Typist:
    """Sends revisions when told and collects the events of the session."""

    def __init__(self, server, timeout=60, **kwargs):
        self._messages = queue.Queue()
        self.revision = 0
        self.call = server.stub.LiveImages(iter(self._messages.get, None), timeout=timeout, **kwargs)

    def type(self, prompt, revision=None, time_limit=None, **fields):
        self.revision = revision if revision is not None else self.revision + 1
        message = pb.LiveImagesRequest(
            revision=self.revision, request=pb.GenerateImagesRequest(prompt=prompt, **fields))
        if time_limit is not None:
            message.time_limit.FromNanoseconds(int(time_limit * 1e9))
        self._messages.put(message)
        return self.revision

    def close(self):
        self._messages.put(None)

    def read_to(self, revision, kind):
        """The first event of this kind of `revision`."""
        for event in self.call:
            got = event.WhichOneof("event")
            if got == "response":
                got = event.response.WhichOneof("event")
            if (event.revision, got) == (revision, kind):
                return event
        raise AssertionError(f"no {kind} of revision {revision}")

    def read_rest(self):
        self.close()
        return list(self.call)


class LiveTest(ServerTestCase):

    def test_ten_keystrokes_a_second_end_with_the_picture_of_the_whole_text(self):
        typist = Typist(self.server)
        begun = self.server.metric("strobe_requests_started_total")
        for end in range(1, len(TEXT) + 1):
            typist.type(TEXT[:end], seed=3)
            time.sleep(KEYSTROKE_SECONDS)
        events = typist.read_rest()
        self.assertEqual(typist.call.code(), grpc.StatusCode.OK)
        self.assertEqual(events[-1].revision, len(TEXT))
        self.assertEqual(events[-1].response.WhichOneof("event"), "completed")
        last, = [e.response.image for e in events
                 if e.revision == len(TEXT) and e.response.WhichOneof("event") == "image"]
        alone, = [e.image for e in self.server.generate(TEXT, seed=3)
                  if e.WhichOneof("event") == "image"]
        self.assertEqual(last.data, alone.data)
        self.assertEqual([e.revision for e in events], sorted(e.revision for e in events))
        self.assertEqual(self.server.metric("strobe_requests_started_total"), begun + len(TEXT) + 1)

    def test_a_storm_is_answered_once(self):
        before = self.server.metric("strobe_requests_total", reason="SUPERSEDED")
        typist = Typist(self.server)
        for i in range(500):
            typist.type(f"a red circle {i}", num_inference_steps=3)
        events = typist.read_rest()
        completed = [e.revision for e in events if e.response.WhichOneof("event") == "completed"]
        self.assertEqual(completed[-1], 500)
        superseded = self.server.metric("strobe_requests_total", reason="SUPERSEDED") - before
        self.assertEqual(superseded + len(completed), 500)

    def test_refused_revisions_do_not_end_the_session(self):
        typist = Typist(self.server)
        typist.type("", width=7)
        error = typist.read_to(1, "error").error
        self.assertEqual(error.code, grpc.StatusCode.INVALID_ARGUMENT.value[0])
        status = status_pb2.Status.FromString(error.SerializeToString())  # it is one on the wire
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        self.assertTrue(status.details[0].Unpack(info) and status.details[1].Unpack(bad))
        self.assertEqual(info.reason, "INVALID_REQUEST")
        self.assertEqual([v.field for v in bad.field_violations], ["prompt", "width"])
        typist.type("a red circle", time_limit=0)
        self.assertEqual(typist.read_to(2, "error").error.message, "time_limit: must be above 0")
        typist.type("a red circle")
        typist.read_to(3, "completed")
        typist.read_rest()
        self.assertEqual(typist.call.code(), grpc.StatusCode.OK)

    def test_a_revision_that_does_not_grow_ends_the_session(self):
        typist = Typist(self.server)
        typist.type("a red circle", revision=2)
        typist.type("a red circle", revision=2)
        self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, "REVISION_NOT_GROWING",
                            typist.read_rest)

    def test_broken_bytes_are_invalid_and_never_unimplemented(self):
        call = self.server.channel.stream_stream(LIVE_METHOD, request_serializer=None,
                                                 response_deserializer=None)
        for payload in (b"\xff\xff\xff", b"\x12\x7fabc"):
            self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, "UNDECODABLE_REQUEST",
                                lambda p=payload: list(call(iter([p]), timeout=20)))

    def test_cancelling_at_any_moment_leaves_nothing(self):
        for delay in (0, 0.001, 0.005, 0.01, 0.02, 0.04):
            typist = Typist(self.server)
            typist.type("a red circle", num_inference_steps=3)
            time.sleep(delay)
            typist.call.cancel()
            typist.close()

    def test_a_caller_that_never_reads_holds_only_its_own_session(self):
        typist = Typist(self.server)
        for i in range(50):
            typist.type(f"a red circle {i}", num_images=4, output_format=pb.OUTPUT_FORMAT_RAW_RGB8)
        self.server.generate()  # others are served
        typist.call.cancel()
        typist.close()

    def test_the_deadline_of_the_call_bounds_the_session(self):
        typist = Typist(self.server, timeout=0.3)
        with self.assertRaises(grpc.RpcError) as caught:
            list(typist.call)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        typist.close()

    def test_the_client_answers_the_last_line_of_standard_input(self):
        done = subprocess.run([CLIENT, "live", "--seed", "7", "--preview", "blocks", "--address",
                               self.server.address],
                              input="a\na red\na red circle\n", stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("revision 3: a red circle", done.stdout)
        self.assertIn("\u2580", done.stdout)


if __name__ == "__main__":
    unittest.main()
