"""The folder of a data set: begun once, gone on with, never mixed with anything else."""

import contextlib
import errno
import fcntl
import json
import os

from illustrations.errors import IllustrationError

MARKER = "illustrations.json"
PART = ".part"  # ends the name of a file that is being written


@contextlib.contextmanager
def opened(directory, settings):
    """Makes the folder or goes on with it, and keeps other runs out of it meanwhile. IllustrationError otherwise.

    settings: what the pictures depend on.
    """
    begun = _read_marker(directory)
    if begun is None:
        _require_empty(directory)
        with told(directory):
            directory.mkdir(parents=True, exist_ok=True)
        write(directory / MARKER, json.dumps(settings, indent=1).encode() + b"\n")
    elif begun != settings:
        raise IllustrationError(f"{directory} was begun with {differences(begun, settings)}. "
                                "Give the same to go on, or another folder")
    with told(directory), open(directory / MARKER, "rb") as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IllustrationError(f"another run is drawing into {directory}") from None
        yield


def differences(begun, settings):
    """ "--seed 0 (now 1) and --size 96 (now 64)"."""
    keys = [key for key in {**begun, **settings} if begun.get(key) != settings.get(key)]
    return " and ".join(f"{_flag(key)} {_shown(begun.get(key))} (now {_shown(settings.get(key))})" for key in keys)


def _flag(key):
    return key if key in ("versions", "format") else f"--{key.replace('_', '-')}"


def _shown(value):
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {version}" for name, version in value.items())
    return str(value)


def _read_marker(directory):
    """The settings that the folder was begun with, or None when it was not."""
    if directory.exists() and not directory.is_dir():
        raise IllustrationError(f"{directory} is not a folder")
    try:
        settings = json.loads((directory / MARKER).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise IllustrationError(f"{directory / MARKER} is not what this program wrote: {error}") from None
    except OSError as error:
        raise IllustrationError(f"cannot read {directory / MARKER}: {error.strerror}") from None
    if not isinstance(settings, dict):
        raise IllustrationError(f"{directory / MARKER} is not what this program wrote")
    return {"critic_count": 0, **settings}  # a folder may be older than that split


def _require_empty(directory):
    with told(directory):
        names = sorted(os.listdir(directory)) if directory.is_dir() else []
    others = [name for name in names if name != MARKER + PART]
    if others:
        raise IllustrationError(f"{directory} holds something else ({others[0]}): give a new or empty folder")


def write(path, content):
    """Puts a file in its place in one step: a run that ends meanwhile leaves none of it there."""
    part = path.with_name(path.name + PART)
    with told(path):
        try:
            part.write_bytes(content)
            os.replace(part, path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise


@contextlib.contextmanager
def told(path):
    """Turns an OSError about `path` into an IllustrationError."""
    try:
        yield
    except OSError as error:
        advice = ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = ". Nothing is lost: make room and run the same again, it goes on from here"
        raise IllustrationError(f"cannot write {path}: {error.strerror}{advice}") from None


def files_in(directory):
    """The names of the files that are not empty; none when there is no such folder."""
    with told(directory), contextlib.suppress(FileNotFoundError), os.scandir(directory) as entries:
        return {entry.name for entry in entries if entry.stat().st_size > 0}
    return set()
