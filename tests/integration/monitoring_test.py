"""A real Prometheus scrapes a real server under load: every query of deploy/ finds its metrics."""

import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

import yaml

from harness import PATIENCE, ServerProcess, repository_file

sys.path.insert(0, str(repository_file("tests", "deploy")))
import queries  # noqa: E402

# Alerts that a healthy server on a busy machine may raise: pending ones are listed too.
ABOUT_SPEED = {"StrobeHighLatency", "StrobeSaturated"}
PROMETHEUS_LABELS = {"job", "instance", "le"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    """A Prometheus on a free loopback port that scrapes one target as job "strobe"."""

    def __init__(self, target):
        self.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(self.folder.name)
        config = yaml.safe_load((queries.DEPLOY / "prometheus" / "prometheus.yaml").read_text())
        config["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
        config["rule_files"] = [str(queries.RULES)]
        config["scrape_configs"][0]["static_configs"][0]["targets"] = [target]
        (root / "prometheus.yaml").write_text(yaml.safe_dump(config))
        self.log = open(root / "log", "w+", encoding="utf-8")
        self.start(root)

    def start(self, root):
        """Another process may take the port before Prometheus does: then another one is tried."""
        for _ in range(10):
            self.port = free_port()
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={root}/prometheus.yaml",
                 f"--storage.tsdb.path={root}/data", f"--web.listen-address=127.0.0.1:{self.port}",
                 "--log.level=warn"], stdout=self.log, stderr=self.log)
            while self.process.poll() is None:
                try:
                    self.get("/-/ready")
                    return
                except json.JSONDecodeError:
                    return  # ready, in words
                except OSError:
                    time.sleep(0.2)
        raise AssertionError("Prometheus does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        self.folder.cleanup()

    def get(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:
            return json.load(response)["data"]

    def query(self, expression):
        return self.get("/api/v1/query", query=expression)["result"]

    def wait_for(self, expression, timeout=PATIENCE):
        """The result of `expression`, once it has one."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                if result := self.query(expression):
                    return result
            except OSError:
                pass  # not up yet
            time.sleep(0.2)
        self.log.seek(0)
        raise AssertionError(f"{expression} has no result:\n{self.log.read()}")


class MonitoringTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = ServerProcess().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.stop = threading.Event()
        cls.load = threading.Thread(target=cls.keep_busy)
        cls.load.start()
        cls.addClassCleanup(cls.end_load)
        cls.prometheus = Prometheus(cls.server.metrics_url.split("/")[2]).__enter__()
        cls.addClassCleanup(cls.prometheus.__exit__)
        cls.prometheus.wait_for("rate(strobe_images_total[10s]) > 0")

    @classmethod
    def keep_busy(cls):
        while not cls.stop.is_set():
            cls.server.generate(num_images=2, num_inference_steps=1)

    @classmethod
    def end_load(cls):
        cls.stop.set()
        cls.load.join()

    def all_queries(self):
        return ([rule["expr"] for rule in queries.rules()] + queries.dashboard_queries() +
                queries.autoscaling_queries())

    def test_every_metric_that_is_asked_for_is_exported(self):
        exported = {series["__name__"] for series in
                    self.prometheus.get("/api/v1/series", **{"match[]": '{job="strobe"}'})}
        for expression in self.all_queries():
            for metric in queries.metrics_in(expression):
                with self.subTest(metric=metric, expression=expression):
                    self.assertIn(metric, exported)

    def test_every_label_that_is_asked_for_exists(self):
        for expression in self.all_queries():
            for metric, label in queries.labels_in(expression):
                with self.subTest(metric=metric, label=label):
                    self.assertTrue(label in PROMETHEUS_LABELS or
                                    self.prometheus.query(f'{metric}{{{label}!=""}}'))

    def test_every_panel_of_the_dashboard_shows_something_under_load(self):
        quiet = (" > 0", "wasted", "outcome!=")  # empty while nothing goes wrong
        for expression in queries.dashboard_queries():
            with self.subTest(expression=expression):
                result = self.prometheus.query(expression)
                if not any(mark in expression for mark in quiet):
                    self.assertTrue(result)

    def test_every_recording_rule_records(self):
        for rule in queries.rules():
            if "record" in rule:
                with self.subTest(rule=rule["record"]):
                    self.prometheus.wait_for(rule["record"])

    def test_a_healthy_server_raises_no_alert(self):
        alerts = {alert["labels"]["alertname"] for alert in self.prometheus.get("/api/v1/alerts")["alerts"]}
        self.assertEqual(alerts - ABOUT_SPEED, set())


if __name__ == "__main__":
    unittest.main()
