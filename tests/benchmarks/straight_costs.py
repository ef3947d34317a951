"""Prints a file of costs for `strobe-server simulate` that no machine measured: straight lines in the batch size.

    python3 tests/benchmarks/straight_costs.py [lanes] > costs.json

In ms, n pictures: 0.88 + 0.132 n to encode the prompts, 3.3 + 1.65 n for a step, 0.66 + 0.66 n to decode; half as long
again for each further lane. The best times are 1 / 1.1 of these. docs/serving/capacity.md and decision 0011 use them.
"""

import json
import sys

LINES_MS = {"encode_prompt": (0.88, 0.132), "denoise": (3.3, 1.65), "decode": (0.66, 0.66)}
SIZE = {"width": 64, "height": 64}
LARGEST = 16


def main():
    lanes = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    costs = []
    for stage, (fixed, each) in LINES_MS.items():
        for n in range(1, LARGEST + 1):
            mean = 1e-3 * (fixed + each * n) * (1 + lanes) / 2
            costs.append({"model": "scenes", "stage": stage, **SIZE, "batch_size": n,
                          "mean_seconds": mean, "best_seconds": mean / 1.1})
    model = {"name": "scenes", "default_width": 64, "default_height": 64, "num_inference_steps": [1, 2, 3],
             "default_num_inference_steps": 3}
    print(json.dumps({"schema_version": 1, "devices": ["cpu"], "lanes": lanes, "max_batch_size": LARGEST,
                      "models": [model], "costs": costs}))


if __name__ == "__main__":
    main()
