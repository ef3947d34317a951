"""The Open Inference Protocol as its most used caller speaks it: Triton's own Python client."""

import io
import pathlib
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from grpc_health import check
from harness import FAKE_ENGINE, ServerProcess, ServerTestCase, images_of, pb
from picture import Picture

import numpy as np
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "client/examples/python/triton.py"
CANARY = "canary-prompt-7f3a"
TOKEN = "0123456789abcdef-web"


def texts(name, values, shape=None):
    """A BYTES input in raw contents, as the client makes them."""
    data = np.array([value.encode() for value in values], dtype=np.object_)
    tensor = triton.InferInput(name, shape or [len(values)], "BYTES")
    tensor.set_data_from_numpy(data.reshape(shape or [len(values)]))
    return tensor


class KserveTest(ServerTestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = triton.InferenceServerClient(cls.server.address)
        cls.addClassCleanup(cls.client.close)
        cls.model = cls.server.stub.ListModels(pb.ListModelsRequest(), timeout=10).models[0]

    def infer(self, *prompts, output=None, **kwargs):
        """The client's result; keyword arguments that it does not know are request parameters."""
        known = {"request_id", "priority", "timeout", "client_timeout", "headers", "inputs",
                 "model_version"}
        options = {key: kwargs.pop(key) for key in known & set(kwargs)}
        inputs = options.pop("inputs", None) or [texts("prompt", prompts)]
        outputs = [triton.InferRequestedOutput(output)] if output else None
        return self.client.infer(self.model.name, inputs, outputs=outputs, parameters=kwargs,
                                 **{"client_timeout": 60, **options})

    def assert_fails(self, code, text, *args, **kwargs):
        with self.assertRaises(InferenceServerException) as caught:
            self.infer(*args, **kwargs)
        self.assertEqual(caught.exception.status(), f"StatusCode.{code}")
        self.assertIn(text, caught.exception.message())

    def test_health_and_metadata(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready(self.model.name))
        self.assertFalse(self.client.is_model_ready("nobody"))
        self.assertEqual(check(self.server.channel, "inference.GRPCInferenceService"), "SERVING")
        server = self.client.get_server_metadata()
        self.assertEqual(server.name, "strobe")
        self.assertRegex(server.version, r"^\d+\.\d+")
        model = self.client.get_model_metadata(self.model.name)
        self.assertEqual([tensor.name for tensor in model.inputs], ["prompt", "negative_prompt"])
        self.assertEqual([(tensor.name, tensor.datatype) for tensor in model.outputs],
                         [("image", "UINT8"), ("encoded_image", "BYTES")])
        with self.assertRaises(InferenceServerException) as caught:
            self.client.get_model_metadata("nobody")
        self.assertEqual(caught.exception.status(), "StatusCode.NOT_FOUND")

    def test_pixels_are_those_of_generate_images(self):
        result = self.infer("a red circle", seed=9, steps=2)
        pixels = result.as_numpy("image")
        raw, = images_of(self.server.generate(prompt="a red circle", seed=9, num_inference_steps=2,
                                              output_format=pb.OUTPUT_FORMAT_RAW_RGB8))
        self.assertEqual(pixels.dtype, np.uint8)
        self.assertEqual(pixels.shape, (1, raw.height, raw.width, 3))
        self.assertEqual(pixels.tobytes(), raw.data)

    def test_size_steps_and_seed_are_parameters(self):
        width, height = self.model.max_size, self.model.min_size
        result = self.infer("a red circle", size=f"{width}x{height}", seed=2**63 - 1, steps=1)
        self.assertEqual(result.as_numpy("image").shape, (1, height, width, 3))
        parameters = result.get_response().parameters
        self.assertEqual(parameters["seed"].uint64_param, 2**63 - 1)
        self.assertEqual(parameters["steps_done"].int64_param, 1)
        drawn = self.infer("a red circle").get_response().parameters["seed"].uint64_param
        again = self.infer("a red circle").get_response().parameters["seed"].uint64_param
        self.assertNotEqual(drawn, again)

    def test_every_prompt_has_its_own_image(self):
        prompts = ["a red circle", "a blue square", "a green ring"]
        for shape in ([3], [3, 1]):
            together = self.infer(inputs=[texts("prompt", prompts, shape)], seed=40, steps=1)
            images = together.as_numpy("image")
            self.assertEqual(len(images), 3)
            for index, prompt in enumerate(prompts):
                alone = self.infer(prompt, seed=40 + index, steps=1).as_numpy("image")[0]
                off = np.abs(images[index].astype(int) - alone)
                self.assertLessEqual(off.max(), 1)
                self.assertLessEqual((off > 0).mean(), 0.001)

    @unittest.skipIf(FAKE_ENGINE, "the fake engine's pictures mean nothing")
    def test_the_prompts_show_in_the_pixels(self):
        expected = {"a large red circle on a white background": ("circle", "red", "white"),
                    "a large blue square on a yellow background": ("square", "blue", "yellow")}
        images = self.infer(*expected, seed=3, steps=3).as_numpy("image")
        for pixels, words in zip(images, expected.values()):
            height, width, _ = pixels.shape
            picture = Picture(pixels.tobytes(), width, height)
            self.assertEqual((picture.shape, picture.colour, picture.background), words)

    def test_encoded_images_by_output_or_format(self):
        raw = self.infer("a red circle", seed=9).as_numpy("image")[0]
        for kwargs, kind in (({"output": "encoded_image"}, "PNG"), ({"format": "png"}, "PNG"),
                             ({"format": "jpeg", "output_quality": 80}, "JPEG"),
                             ({"output": "encoded_image", "format": "webp"}, "WEBP")):
            with self.subTest(**kwargs):
                result = self.infer("a red circle", seed=9, **kwargs)
                file, = result.as_numpy("encoded_image")
                picture = Image.open(io.BytesIO(file))
                self.assertEqual(picture.format, kind)
                self.assertEqual(picture.size, raw.shape[1::-1])
                if kind == "PNG":
                    self.assertEqual(picture.convert("RGB").tobytes(), raw.tobytes())

    def test_typed_contents_get_typed_contents(self):
        request = service_pb2.ModelInferRequest(model_name=self.model.name)
        tensor = request.inputs.add(name="prompt", datatype="BYTES", shape=[1])
        tensor.contents.bytes_contents.append(b"a red circle")
        request.parameters["seed"].int64_param = 9
        stub = service_pb2_grpc.GRPCInferenceServiceStub(self.server.channel)
        response = stub.ModelInfer(request, timeout=60)
        self.assertFalse(response.raw_output_contents)
        self.assertEqual(bytes(response.outputs[0].contents.uint_contents),
                         self.infer("a red circle", seed=9).as_numpy("image").tobytes())

    def test_wrong_requests_are_named(self):
        self.assert_fails("INVALID_ARGUMENT", "prompt: must not be empty", " ")
        self.assert_fails("INVALID_ARGUMENT", "width: must be a multiple", "a cat", width=7)
        self.assert_fails("INVALID_ARGUMENT", "parameters: 1 unknown", "a cat", stepz=1)
        self.assert_fails("INVALID_ARGUMENT", "outputs: must be one of", "a cat", output="latents")
        self.assert_fails("INVALID_ARGUMENT", "prompt: is required",
                          inputs=[texts("negative_prompt", ["a"])])
        self.assert_fails("INVALID_ARGUMENT", "elements", *["a cat"] * 100)
        self.assert_fails("NOT_FOUND", "version", "a cat", model_version="7")
        tensor = texts("prompt", ["x"])
        tensor.set_data_from_numpy(np.array([b"a\xc3\x28"], dtype=np.object_))
        self.assert_fails("INVALID_ARGUMENT", "UTF-8", inputs=[tensor])

    def test_undecodable_bytes(self):
        call = self.server.channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        self.assert_refused(triton.grpc.StatusCode.INVALID_ARGUMENT, "UNDECODABLE_REQUEST", call,
                            b"\xff\xff\xff", timeout=20)

    def test_deadlines_and_counters(self):
        expired = self.server.metric("strobe_requests_total", outcome="expired")
        rejected = self.server.metric("strobe_requests_total", outcome="rejected")
        self.assert_fails("DEADLINE_EXCEEDED", "", "a cat", timeout=1)  # a microsecond
        self.assert_fails("DEADLINE_EXCEEDED", "", "a cat", client_timeout=0.0001)
        self.server.wait_for_metric("strobe_inflight_requests", lambda v: v == 0)
        self.assertGreater(self.server.metric("strobe_requests_total", outcome="expired") +
                           self.server.metric("strobe_requests_total", outcome="rejected"),
                           expired + rejected)
        before = self.server.metric("grpc_server_handled_total", grpc_method="ModelInfer",
                                    grpc_code="OK")
        self.infer("a cat", priority=2, timeout=60_000_000, request_id="mine")
        self.assertEqual(self.server.metric("grpc_server_handled_total", grpc_method="ModelInfer",
                                            grpc_code="OK"), before + 1)

    def test_the_example_writes_a_file_for_each_prompt(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-B", str(EXAMPLE), "a red circle", "a blue square", "--address",
                 self.server.address, "--seed", "7", "--steps", "2", "--output", folder],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            files = [pathlib.Path(line) for line in done.stdout.splitlines()]
            self.assertEqual([file.name for file in files], ["triton-7.png", "triton-8.png"])
            for file in files:
                Image.open(file).load()

    def test_callers_of_both_services_share_batches(self):
        def ask(i):
            if i % 2:
                return len(images_of(self.server.generate(seed=i, num_inference_steps=3)))
            return len(self.infer("a red circle", seed=i, steps=3).as_numpy("image"))

        def shared():
            """Samples in denoising batches beyond the first of each."""
            return (self.server.metric("strobe_batch_size_sum", stage="denoise") -
                    self.server.metric("strobe_batch_size_count", stage="denoise"))

        before = shared()
        for _ in range(20):  # callers that come slowly may miss each other
            with ThreadPoolExecutor(8) as pool:
                self.assertEqual(set(pool.map(ask, range(24))), {1})
            if shared() > before:
                break
        self.assertGreater(shared(), before)


class KserveSecurityTest(unittest.TestCase):

    def test_a_token_is_needed_for_all_but_health_and_no_output_holds_a_prompt(self):
        with tempfile.NamedTemporaryFile("w") as tokens:
            tokens.write(f"web {TOKEN}\n")
            tokens.flush()
            with ServerProcess("--token-file", tokens.name) as server:
                self.check(server)
                text = server.scrape()
        self.assertNotIn(CANARY, text)
        self.assertFalse([line for line in server.lines if CANARY in line])

    def check(self, server):
        client = triton.InferenceServerClient(server.address)
        self.addCleanup(client.close)
        self.assertTrue(client.is_server_live())
        self.assertTrue(client.is_server_ready())
        inputs = [texts("prompt", [f"a red circle {CANARY}"])]
        for call in (lambda: client.infer("", inputs), lambda: client.is_model_ready(""),
                     client.get_server_metadata, lambda: client.get_model_metadata("")):
            with self.assertRaises(InferenceServerException) as caught:
                call()
            self.assertEqual(caught.exception.status(), "StatusCode.UNAUTHENTICATED")
        headers = {"authorization": f"Bearer {TOKEN}"}
        self.assertEqual(len(client.infer("", inputs, headers=headers).as_numpy("image")), 1)
        with self.assertRaises(InferenceServerException) as caught:
            client.infer("", [texts("prompt", [f"{CANARY}\0"])], headers=headers)
        self.assertNotIn(CANARY, caught.exception.message())


if __name__ == "__main__":
    unittest.main()
