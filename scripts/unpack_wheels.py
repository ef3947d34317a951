#!/usr/bin/env python3
"""Unpacks parts of wheels, or all of them: unpack_wheels.py WHEELS_FOLDER TARGET_FOLDER [MEMBER_PREFIX...]"""

import pathlib
import sys
import zipfile


def main():
    wheels, target, prefixes = pathlib.Path(sys.argv[1]), sys.argv[2], tuple(sys.argv[3:] or [""])
    for wheel in sorted(wheels.iterdir()):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target, [m for m in archive.namelist() if m.startswith(prefixes)])


if __name__ == "__main__":
    main()
