"""What strobe-model writes loads and samples in diffusers itself.

    diffusers_load_test.py <strobe-model> <source directory>

STROBE_BENCH_PYTHON=<python with torch, diffusers, transformers and peft> runs it there. Exit code 77, "skipped", where
diffusers is not installed.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

PYTHON = os.environ.pop("STROBE_BENCH_PYTHON", "")
if PYTHON:
    os.execv(PYTHON, [PYTHON, "-B", *sys.argv])
try:
    import torch
    from diffusers import DiffusionPipeline
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error}; set STROBE_BENCH_PYTHON to a Python with diffusers, transformers, torch and peft")
    sys.exit(77)

STROBE_MODEL, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])


def sample(pipeline, steps, size):
    return pipeline(
        "a large red circle on a white background", num_inference_steps=steps, guidance_scale=1.0,
        width=size, height=size, generator=torch.Generator().manual_seed(7)
    ).images[0]


def load(directory):
    return DiffusionPipeline.from_pretrained(directory, safety_checker=None, torch_dtype=torch.float32)


def check_shipped_student():
    image = sample(load(SOURCE / "model/students/scenes"), 3, 64)
    assert image.size == (64, 64), image.size
    middle, corner = image.getpixel((32, 32)), image.getpixel((2, 2))
    assert middle[0] > 150 and middle[1] < 110 and middle[2] < 110, f"the middle is not red: {middle}"
    assert min(corner) > 200, f"the corner is not white: {corner}"


def distil(teacher, work, *flags):
    """A student of a golden teacher on pictures of a folder, two steps long."""
    pictures = work / "pictures"
    pictures.mkdir(exist_ok=True)
    lines = []
    for index in range(2):
        Image.effect_noise((32, 32), 60 + index).convert("RGB").save(pictures / f"{index}.png")
        lines.append(json.dumps({"file_name": f"{index}.png", "text": "a grey wall"}))
    (pictures / "metadata.jsonl").write_text("\n".join(lines))
    overrides = work / "overrides.json"
    overrides.write_text(json.dumps({"student": {"steps": 2, "batch_size": 2, "learning_rate": 0.05}}))
    output = work / "student"
    subprocess.run(
        [STROBE_MODEL, "distill", "--recipe", "smoke", "--overrides", overrides, "--data", pictures,
         "--image-size", "32", "--teacher", SOURCE / "tests/goldens" / teacher, "--output", output, *flags],
        check=True, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return output


def check_distilled_students():
    for teacher, flags in (("sd15-like", ()), ("sdxl-turbo-like", ("--lora-rank", "2"))):
        with tempfile.TemporaryDirectory() as work:
            output = distil(teacher, pathlib.Path(work), *flags)
            student = load(output)
            image = sample(student, 2, 32)
            assert image.size == (32, 32), image.size
            if not flags:
                continue
            # The adapters alone, on the teacher by the student's sampler.
            adapted = load(SOURCE / "tests/goldens" / teacher)
            adapted.scheduler = student.scheduler
            plain = sample(adapted, 2, 32)
            adapted.load_lora_weights(output)
            merged, fused, before = (
                torch.tensor(list(picture.getdata()), dtype=torch.float32) for picture in (image, sample(adapted, 2, 32), plain))
            assert (merged - before).abs().mean() > 4 * (merged - fused).abs().mean(), "the adapters are not the student's"


check_shipped_student()
check_distilled_students()
