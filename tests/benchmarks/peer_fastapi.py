"""diffusers behind FastAPI, one lock around the pipeline: HTTP on loopback, JSON in, PNG out."""

import threading

import uvicorn
from fastapi import FastAPI, Response
from painter import Painter, arguments


def main():
    args = arguments(__doc__)
    app, painter, lock = FastAPI(), Painter(args.model, args.threads), threading.Lock()

    @app.post("/predict")
    def predict(job: dict):
        with lock:
            return Response(painter.draw([job])[0], media_type="image/png")

    uvicorn.run(app, host="127.0.0.1", port=args.port, log_level="error")


if __name__ == "__main__":
    main()
