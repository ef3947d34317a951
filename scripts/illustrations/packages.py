"""The pinned packages that draw: found where scripts/setup.sh unpacks them, or installed with pip."""

import hashlib
import importlib
import importlib.metadata
import os
import pathlib
import re
import sys

from illustrations.errors import IllustrationError

REQUIREMENTS = pathlib.Path(__file__).resolve().parent.parent / "illustrations-requirements.txt"
# That every picture depends on, by the names they are imported under.
MODULES = {"dicebear-core": "dicebear", "dicebear-styles": "dicebear_styles", "resvg-py": "resvg_py", "pillow": "PIL"}

ADVICE = ("Run scripts/setup.sh --illustrations (10 MB, for Python 3.11 on x86-64). With another Python, pip install\n"
          "the versions of scripts/illustrations-requirements.txt into a virtual environment and use its python.")


def pinned_versions():
    """{package: version} of the packages that every picture depends on."""
    pins = dict(re.findall(r"^([\w-]+)==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE))
    return {package: pins[package] for package in MODULES}


def unpacked_folder():
    """Where scripts/setup.sh puts the packages."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return cache / "strobe" / f"illustrations-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"


def require_packages():
    """Makes the packages importable. IllustrationError says how to get them."""
    if unpacked_folder().is_dir():
        sys.path.insert(0, str(unpacked_folder()))
    for package, version in pinned_versions().items():
        try:
            found = importlib.metadata.version(package)
            importlib.import_module(MODULES[package])
        except ImportError as error:  # PackageNotFoundError is one
            raise IllustrationError(f"{package} {version} is missing ({error}).\n{ADVICE}") from error
        if found != version:
            raise IllustrationError(f"{package} is {found}, and only {version} draws the same pictures.\n{ADVICE}")
