"""Interactive requests with a deadline, and a backlog of batch priority, which they overtake."""

import unittest

import grpc

from harness import FAKE_SERVER, PATIENCE, ServerProcess, error_details, images_of, pb

STAGE_SECONDS = 0.02  # of every engine call, whatever its batch
BATCH_REQUESTS, IMAGES, STEPS = 20, 64, 4
INTERACTIVE = 40
# The interactive requests take three batches of three calls behind the call that runs: 0.2 s. The backlog takes 80
# batches of six calls: 9.6 s.
DEADLINE_SECONDS = 4
# A backlog that alone takes longer than the deadline.
LEAST_WAITING = 16 * DEADLINE_SECONDS / (STAGE_SECONDS * (STEPS + 2))


class PriorityTest(unittest.TestCase):

    def test_a_backlog_of_batch_priority_neither_refuses_nor_delays_interactive_requests(self):
        flags = ("--queue-capacity", "2048", "--max-images-per-request", str(IMAGES), "--max-batch-size", "16")
        with ServerProcess(*flags, model="no-such-model", program=FAKE_SERVER,
                           env={"STROBE_FAKE_STAGE_TIME": f"{STAGE_SECONDS}s"}) as server:
            backlog = [server.stub.GenerateImages(pb.GenerateImagesRequest(
                prompt="a backlog", num_images=IMAGES, num_inference_steps=STEPS, priority=pb.PRIORITY_BATCH),
                timeout=PATIENCE) for _ in range(BATCH_REQUESTS)]
            server.wait_for_metric("strobe_queue_depth", lambda waiting: waiting > LEAST_WAITING)
            calls = [server.stub.GenerateImages(pb.GenerateImagesRequest(
                prompt="a red circle", seed=seed, num_inference_steps=1), timeout=DEADLINE_SECONDS)
                for seed in range(INTERACTIVE)]
            ends = [self.end_of(call) for call in calls]
            for call in backlog:
                call.cancel()
            self.assertEqual(ends, ["answered"] * INTERACTIVE)
            started, ended, in_flight = server.settled_counters()
            self.assertEqual((started, in_flight), (ended, 0))

    @staticmethod
    def end_of(call):
        try:
            return "answered" if len(images_of(list(call))) == 1 else "without an image"
        except grpc.RpcError as error:
            details = error_details(error)
            return details["ErrorInfo"].reason if "ErrorInfo" in details else error.details()


if __name__ == "__main__":
    unittest.main()
