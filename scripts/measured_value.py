#!/usr/bin/env python3
"""Prints the value of a statistic that `strobe-model evaluate` measured.

    scripts/measured_value.py DIR/rows/lcm-3-steps.safetensors frechet
"""

import json
import pathlib
import struct
import sys


def main():
    data = pathlib.Path(sys.argv[1]).read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    begin, _ = json.loads(data[8:8 + size])[sys.argv[2]]["data_offsets"]
    # The value comes before its draws.
    print(*struct.unpack_from("<d", data, 8 + size + begin))


if __name__ == "__main__":
    main()
