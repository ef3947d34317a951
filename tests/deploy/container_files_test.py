"""Dockerfile and docker-compose as files: what scripts/verify_image.sh cannot see or does too seldom."""

import json
import os
import re
import subprocess
import unittest

import yaml

from queries import DEPLOY

ROOT = DEPLOY.parent
SERVER = os.environ["STROBE_TEST_SERVER"]
CLIENT = os.environ["STROBE_TEST_CLIENT"]


def stages():
    """{stage: [(instruction, argument)]} of the Dockerfile, each with what it inherits."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    found, current = {}, []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        instruction, argument = line.strip().split(None, 1)
        if instruction == "FROM":
            base, _, name = re.fullmatch(r"(\S+)( AS (\S+))?", argument).groups()
            current = found[name] = list(found.get(base, []))
        current.append((instruction, argument))
    return found


def one(stage, instruction):
    """The last argument of an instruction: it is the one that counts."""
    return [argument for name, argument in stage if name == instruction][-1]


class DockerfileTest(unittest.TestCase):

    def test_the_cpu_image_is_what_a_plain_build_makes(self):
        self.assertEqual(list(stages())[-1], "cpu")
        self.assertIn("cuda", stages())

    def test_both_images_run_as_nobody_special_and_without_a_shell(self):
        for target in ("cpu", "cuda"):
            stage = stages()[target]
            self.assertEqual(one(stage, "USER"), "65532:65532")
            self.assertEqual(json.loads(one(stage, "ENTRYPOINT")), ["/usr/local/bin/strobe-server"])
            self.assertIsInstance(json.loads(one(stage, "CMD")), list)
            self.assertEqual(one(stage, "STOPSIGNAL"), "SIGTERM")
            self.assertFalse([argument for name, argument in stage if name == "RUN"])
            self.assertIn('CMD ["/usr/local/bin/strobe-client", "health"]',
                          one(stage, "HEALTHCHECK"))

    def test_the_model_is_a_layer_of_its_own_after_the_programs(self):
        for target in ("cpu", "cuda"):
            copies = [argument for name, argument in stages()[target] if name == "COPY"]
            self.assertEqual(copies[-1], "model/students/scenes /models/scenes")
            self.assertIn("/staged/programs", copies[-2])
            self.assertIn("/staged/libraries", copies[-3])

    def test_the_cuda_image_asks_nvidias_runtime_for_compute(self):
        self.assertIn("NVIDIA_DRIVER_CAPABILITIES=compute,utility", one(stages()["cuda"], "ENV"))

    def test_the_version_is_the_projects(self):
        version = re.search(r"project\(strobe VERSION ([\d.]+)",
                            (ROOT / "CMakeLists.txt").read_text()).group(1)
        self.assertIn(f'image.version="{version}"', one(stages()["cpu"], "LABEL"))

    def test_the_default_command_is_one_the_server_takes(self):
        command = json.loads(one(stages()["cpu"], "CMD"))
        done = subprocess.run([SERVER, *command, "--help"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


class ComposeTest(unittest.TestCase):

    def setUp(self):
        self.services = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text())["services"]

    def test_the_programs_take_their_commands(self):
        for program, service in ((SERVER, "server"), (CLIENT, "load")):
            done = subprocess.run([program, *self.services[service]["command"], "--help"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_load_is_measured_and_writes_to_memory_alone(self):
        load = self.services["load"]
        self.assertEqual(load["command"][0], "bench")
        output, = [flag for flag in load["command"] if flag.startswith("--output=")]
        self.assertTrue(any(output.startswith(f"--output={folder}/") for folder in load["tmpfs"]))
        address = [flag for flag in self.services["server"]["command"]
                   if flag.startswith("--address=")][0].rsplit(":", 1)[1]
        self.assertIn(f"--address=server:{address}", load["command"])

    def test_what_is_mounted_exists_and_read_only(self):
        for service in self.services.values():
            for volume in service.get("volumes", []):
                path, _, mode = volume.split(":")
                self.assertEqual(mode, "ro")
                self.assertTrue((DEPLOY / path).exists(), path)

    def test_ports_are_published_on_the_loopback_address_alone(self):
        for service in self.services.values():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), port)

    def test_our_containers_have_no_privileges(self):
        for name in ("server", "load"):
            service = self.services[name]
            self.assertEqual(service["cap_drop"], ["ALL"])
            self.assertTrue(service["read_only"])
            self.assertIn("no-new-privileges:true", service["security_opt"])

    def test_the_server_may_drain_before_it_is_killed(self):
        done = subprocess.run([SERVER, "--help"], stdout=subprocess.PIPE, text=True, check=True)
        drain = re.search(r"--drain-timeout DURATION=(\d+)s", done.stdout)
        grace = int(self.services["server"]["stop_grace_period"].rstrip("s"))
        self.assertGreaterEqual(grace, int(drain.group(1)) + 10)

    def test_prometheus_scrapes_the_servers_metrics_port(self):
        config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())
        job, = config["scrape_configs"]
        self.assertEqual(job["job_name"], "strobe")
        address, = [flag for flag in self.services["server"]["command"]
                    if flag.startswith("--metrics-address=")]
        self.assertEqual(job["static_configs"][0]["targets"], ["server:" + address.split(":")[1]])


if __name__ == "__main__":
    unittest.main()
