"""diffusers behind LitServe, in batches of up to four that wait for 10 ms: HTTP on loopback, JSON in, PNG out."""

import base64

import litserve
from painter import Painter, arguments

MAX_BATCH_SIZE = 4
BATCH_TIMEOUT = 0.01


class PainterApi(litserve.LitAPI):
    def __init__(self, args):
        super().__init__(max_batch_size=MAX_BATCH_SIZE, batch_timeout=BATCH_TIMEOUT)
        self.args = args

    def setup(self, device):
        self.painter = Painter(self.args.model, self.args.threads)

    def decode_request(self, request):
        return request

    def batch(self, jobs):
        return jobs

    def unbatch(self, pictures):
        return pictures

    def predict(self, jobs):
        return self.painter.draw(jobs)

    def encode_response(self, picture):
        return {"png": base64.b64encode(picture).decode()}


if __name__ == "__main__":
    options = arguments(__doc__)
    litserve.LitServer(PainterApi(options), accelerator="cpu", workers_per_device=1, timeout=600).run(
        host="127.0.0.1", port=options.port, num_api_servers=1, generate_client_file=False, log_level="error")
