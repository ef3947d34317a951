"""What a caller sees: events, sizes, formats, and the prompt in the pixels."""

import io
import unittest
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from harness import FAKE_ENGINE, ServerTestCase, images_of, pb
from picture import Picture

needs_pixels = unittest.skipIf(FAKE_ENGINE, "the fake engine's pictures mean nothing")

PROMPTS = {
    "a large red circle on a white background": ("circle", "red", "white", "center"),
    "a large blue square on a yellow background": ("square", "blue", "yellow", "center"),
    "a large green ring on a black background": ("ring", "green", "black", "center"),
    "a large white triangle on a blue background": ("triangle", "white", "blue", "center"),
    "a small red square at the left on a white background": ("square", "red", "white", "left"),
    "a small yellow circle on the right on a blue background": ("circle", "yellow", "blue", "right"),
    "a small black circle at the top on a pink background": ("circle", "black", "pink", "top"),
    "a small purple square at the bottom on a cyan background":
        ("square", "purple", "cyan", "bottom"),
}


def kinds(events):
    return [event.WhichOneof("event") for event in events]


class EventsTest(ServerTestCase):

    def test_events_come_in_order_and_add_up(self):
        events = self.server.generate(num_images=2, num_inference_steps=3, seed=5)
        self.assertEqual(kinds(events)[0], "accepted")
        self.assertEqual(kinds(events)[-1], "completed")
        self.assertEqual(kinds(events).count("progress"), 6)
        self.assertTrue(events[0].accepted.request_id)
        images = sorted(images_of(events), key=lambda image: image.index)
        self.assertEqual([(i.index, i.seed, i.steps_done) for i in images], [(0, 5, 3), (1, 6, 3)])
        for image in images:
            self.assertEqual(image.finish_reason, pb.FINISH_REASON_STOP)
            self.assertEqual(len(image.account.denoise_batch_sizes), 3)
            self.assertGreaterEqual(image.account.decode_batch_size, 1)
        self.assertEqual(events[-1].completed.num_images, 2)
        self.assertEqual(events[-1].completed.denoise_steps, 6)

    def test_request_id_is_taken_over_and_echoed(self):
        call = self.server.stub.GenerateImages(
            pb.GenerateImagesRequest(prompt="a red circle"), timeout=60,
            metadata=(("x-request-id", "order-4711"),))
        self.assertIn(("x-request-id", "order-4711"), call.initial_metadata())
        self.assertEqual(next(call).accepted.request_id, "order-4711")
        list(call)

    def test_partial_images_precede_the_final_one(self):
        events = self.server.generate(num_inference_steps=3, partial_images=2)
        order = kinds(events)
        self.assertEqual(order.count("partial_image"), 2)  # nobody else waits: none is dropped
        self.assertLess(max(i for i, k in enumerate(order) if k == "partial_image"),
                        order.index("image"))
        for event in events:
            if event.WhichOneof("event") == "partial_image":
                self.assertIn(event.partial_image.steps_done, (1, 2))
                self.assertEqual(event.partial_image.finish_reason, pb.FINISH_REASON_UNSPECIFIED)

    def test_every_format_decodes_to_the_asked_size(self):
        for output_format, mime in ((pb.OUTPUT_FORMAT_PNG, "image/png"),
                                    (pb.OUTPUT_FORMAT_JPEG, "image/jpeg"),
                                    (pb.OUTPUT_FORMAT_WEBP, "image/webp")):
            image, = images_of(self.server.generate(output_format=output_format))
            self.assertEqual(image.mime_type, mime)
            decoded = Image.open(io.BytesIO(image.data))
            decoded.load()
            self.assertEqual(decoded.size, (image.width, image.height))

    def test_png_holds_exactly_the_raw_pixels(self):
        raw, = images_of(self.server.generate(seed=9, output_format=pb.OUTPUT_FORMAT_RAW_RGB8))
        png, = images_of(self.server.generate(seed=9))
        self.assertEqual(Image.open(io.BytesIO(png.data)).convert("RGB").tobytes(), raw.data)

    def test_absent_seed_is_drawn_and_returned(self):
        first, = images_of(self.server.generate())
        second, = images_of(self.server.generate())
        self.assertNotEqual(first.seed, second.seed)
        again, = images_of(self.server.generate(seed=first.seed))
        self.assertEqual(first.data, again.data)

    def test_image_i_uses_seed_plus_i(self):
        pair = {i.index: i.data for i in images_of(self.server.generate(num_images=2, seed=40))}
        second, = images_of(self.server.generate(seed=41))
        self.assert_same_pixels(pair[1], second.data)

    def assert_same_pixels(self, one, other):
        a, b = (Image.open(io.BytesIO(d)).convert("RGB").tobytes() for d in (one, other))
        off = [abs(x - y) for x, y in zip(a, b)]
        self.assertLessEqual(max(off), 1)
        self.assertLessEqual(sum(d > 0 for d in off), len(off) / 1000)

    def test_same_pixels_alone_and_among_strangers(self):
        alone = {seed: images_of(self.server.generate(seed=seed, num_inference_steps=3))[0].data
                 for seed in range(4)}

        def ask(i):
            if i % 2 == 0:
                return images_of(self.server.generate(seed=i // 2 % 4, num_inference_steps=3))
            # Several images: they share batches however slowly the callers come.
            return images_of(self.server.generate(seed=100 + i, num_inference_steps=1 + i % 3, num_images=4))

        with ThreadPoolExecutor(8) as pool:
            answers = [image for images in pool.map(ask, range(32)) for image in images]
        batch_sizes = [max(image.account.denoise_batch_sizes) for image in answers]
        self.assertGreater(max(batch_sizes), 1, "nothing was batched")
        for image in answers:
            if image.seed < 4:
                self.assert_same_pixels(alone[image.seed], image.data)

    def test_list_models_tells_the_limits(self):
        model = self.server.stub.ListModels(pb.ListModelsRequest(), timeout=10).models[0]
        self.assertTrue(model.name)
        self.assertIn(model.default_num_inference_steps, model.num_inference_steps)
        self.assertGreaterEqual(model.max_size, model.default_width)
        by_name, = images_of(self.server.generate(model=model.name))
        self.assertEqual((by_name.width, by_name.height),
                         (model.default_width, model.default_height))

    @needs_pixels
    def test_long_prompts_are_cut_and_the_response_says_so(self):
        short, = images_of(self.server.generate())
        self.assertFalse(short.prompt_truncated)
        cut, = images_of(self.server.generate(prompt="a red circle " * 30))
        self.assertTrue(cut.prompt_truncated)


@needs_pixels
class PixelsTest(ServerTestCase):

    def check(self, steps):
        for prompt, expected in PROMPTS.items():
            with self.subTest(prompt=prompt, steps=steps):
                image, = images_of(self.server.generate(
                    prompt=prompt, num_inference_steps=steps, seed=3,
                    output_format=pb.OUTPUT_FORMAT_RAW_RGB8))
                picture = Picture(image.data, image.width, image.height)
                self.assertEqual(
                    (picture.shape, picture.colour, picture.background, picture.place), expected)

    def test_prompts_show_in_the_pixels_at_1_step(self):
        self.check(1)

    def test_prompts_show_in_the_pixels_at_2_steps(self):
        self.check(2)

    def test_prompts_show_in_the_pixels_at_3_steps(self):
        self.check(3)


if __name__ == "__main__":
    unittest.main()
