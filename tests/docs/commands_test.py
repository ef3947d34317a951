"""The commands of the pages, run as a reader would run them, and what the pages say they print.

A fence that begins with ```sh run is run; the fences of a page are one shell session. A ```text fence quotes what
came before it: each of its lines must have been printed, whatever its numbers are. The session runs in a folder
that looks like the repository after a build: programs and files are links to those under test, scripts/setup.sh and
scripts/build.sh do nothing, and the default ports are replaced by free ones.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest

from markdown_test import ROOT, markdown_files, parts

BINARIES = pathlib.Path(os.environ["STROBE_TEST_SERVER"]).parent
PAGES = ("README.md", "docs/getting-started.md", "docs/training/quickstart.md")
SECONDS = 400
DONE = "exit 0\n"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def make_tree(folder):
    """What the commands of the pages use of the repository."""
    for name in ("client", "model", "proto"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "build" / "release").mkdir(parents=True)
    (folder / "build" / "release" / "bin").symlink_to(BINARIES)
    (folder / "scripts").mkdir()
    for path in (ROOT / "scripts").iterdir():
        if path.name in ("setup.sh", "build.sh"):
            (folder / "scripts" / path.name).write_text(DONE)
            (folder / "scripts" / path.name).chmod(0o755)
        else:
            (folder / "scripts" / path.name).symlink_to(path)


def fences(page):
    """(kind, text) of the fences of a page, in order."""
    found = []
    last = 0
    for number, line, kind in parts(page):
        if kind is None:
            continue
        if found and found[-1][0] == kind and number == last + 1:
            found[-1][1].append(line)
        else:
            found.append((kind, [line]))
        last = number
    return [(kind, "\n".join(lines) + "\n") for kind, lines in found]


def without_numbers(line):
    return re.sub(r"\s+", " ", re.sub(r"\d+(\.\d+)?", "#", re.sub(r"\033\[[\d;]*m", "", line))).strip()


class CommandsTest(unittest.TestCase):

    def run_page(self, page):
        kinds = fences(ROOT / page)
        script = "".join(text for kind, text in kinds if kind == "sh run")
        self.assertTrue(script, "the page has no command to run")
        grpc, metrics = free_ports(2)
        script = script.replace("127.0.0.1:50051", f"127.0.0.1:{grpc}").replace("127.0.0.1:9464", f"127.0.0.1:{metrics}")
        with tempfile.TemporaryDirectory() as name:
            make_tree(pathlib.Path(name))
            environment = os.environ | {
                "STROBE_ADDRESS": f"127.0.0.1:{grpc}", "STROBE_METRICS_ADDRESS": f"127.0.0.1:{metrics}",
                "STROBE_THREADS": "1", "XDG_CACHE_HOME": f"{name}/cache"}
            output = pathlib.Path(name, "printed")
            # Job control, as a reader's shell has it: `kill %1`.
            with output.open("w") as file:
                shell = subprocess.Popen(["bash", "-em", "-o", "pipefail", "-c", script], cwd=name, env=environment,
                                         stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                shell.wait(SECONDS)
            finally:
                for pid in processes_of_session(shell.pid):  # a server that the page leaves running
                    os.kill(pid, signal.SIGKILL)
                shell.wait()
            printed = output.read_text()
        self.assertEqual(shell.returncode, 0, printed)
        lines = {without_numbers(line) for line in printed.splitlines()}
        for kind, text in kinds:
            for line in text.splitlines() if kind == "text" else ():
                self.assertIn(without_numbers(line), lines, printed)

    def test_every_page_with_commands_is_known(self):
        found = {str(page.relative_to(ROOT)) for page in markdown_files()
                 if any(kind == "sh run" for kind, _ in fences(page))}
        self.assertEqual(found, set(PAGES))

    def test_readme(self):
        self.run_page(PAGES[0])

    def test_getting_started(self):
        self.run_page(PAGES[1])

    def test_training_quickstart(self):
        self.run_page(PAGES[2])


def processes_of_session(session):
    """Ids of the processes that are left of it."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(fields[3]) == session:
                found.append(int(entry.name))
    return found


if __name__ == "__main__":
    unittest.main()
