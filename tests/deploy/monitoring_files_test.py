"""Rules and dashboard as files: their own tests, names, and the runbook."""

import collections
import re
import subprocess
import unittest

import queries

RUNBOOK = queries.DEPLOY.parent / "docs" / "operations" / "alerts-runbook.md"


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *map(str, arguments)], input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


class RulesTest(unittest.TestCase):

    def test_promtool_accepts_the_rules(self):
        code, output = promtool("check", "rules", queries.RULES)
        self.assertEqual(code, 0, output)

    def test_the_tests_of_the_rules_pass(self):
        code, output = promtool("test", "rules", queries.RULES.with_name("strobe.rules.test.yaml"))
        self.assertEqual(code, 0, output)

    def test_every_alert_has_a_test_that_sees_it_fire(self):
        tests = queries.RULES.with_name("strobe.rules.test.yaml").read_text()
        fired = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:", tests))
        self.assertEqual(fired, {rule["alert"] for rule in queries.rules() if "alert" in rule})

    def test_every_alert_is_in_the_runbook(self):
        headings = set(re.findall(r"^#+ (Strobe\w+)$", RUNBOOK.read_text(), re.MULTILINE))
        alerts = {rule["alert"] for rule in queries.rules() if "alert" in rule}
        self.assertEqual(headings, alerts)
        for rule in queries.rules():
            if "alert" in rule:
                self.assertEqual(
                    rule["annotations"]["runbook_url"],
                    "{{ with $externalLabels.strobe_docs }}{{ . }}{{ else }}docs{{ end }}"
                    f"/operations/alerts-runbook.md#{rule['alert'].lower()}")
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))

    def test_the_scrape_configuration_is_valid(self):
        code, output = promtool("check", "config", queries.RULES.with_name("prometheus.yaml"))
        self.assertEqual(code, 0, output)


class DashboardTest(unittest.TestCase):

    def test_every_query_parses(self):
        lines = ["groups:", "- name: dashboard", "  rules:"]
        for number, expression in enumerate(queries.dashboard_queries()):
            lines += [f"  - record: query_{number}", f"    expr: '{expression}'"]
        code, output = promtool("check", "rules", "/dev/stdin", text="\n".join(lines))
        self.assertEqual(code, 0, output)

    def test_panels_have_ids_places_and_words_of_their_own(self):
        panels = queries.dashboard()["panels"]
        counts = collections.Counter(panel["id"] for panel in panels)
        self.assertEqual(max(counts.values()), 1)
        taken = set()
        for panel in panels:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells
            if panel["type"] != "row":
                self.assertTrue(panel["description"])
                self.assertEqual(panel["datasource"]["uid"], "${datasource}")

    def test_it_shows_what_an_operator_asks_about(self):
        asked = set().union(*map(queries.metrics_in, queries.dashboard_queries()))
        for metric in ("strobe_queue_depth", "strobe_batch_size_sum", "strobe_images_total",
                       "strobe_stage_duration_seconds_sum", "strobe_requests_total",
                       "strobe_wasted_compute_seconds_total", "strobe_device_memory_bytes",
                       "strobe_engine_faults_total", "strobe_pictures_recovered_total",
                       "strobe_connections_refused_total"):
            self.assertIn(metric, asked)


if __name__ == "__main__":
    unittest.main()
