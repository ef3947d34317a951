"""What rules and dashboards ask Prometheus, and which metrics that needs."""

import json
import pathlib
import re

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "strobe.rules.yaml"
DASHBOARD = DEPLOY / "kubernetes" / "components" / "monitoring" / "strobe-dashboard.json"

# Grafana's variables, as a query would see them.
VARIABLES = {"$__rate_interval": "5m", "$job": ".*", "$instance": ".*"}


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"]
            for rule in group["rules"]]


def dashboard():
    return json.loads(DASHBOARD.read_text())


def dashboard_queries():
    """Every expression of the dashboard, its variables replaced."""
    found = [target["expr"] for panel in dashboard()["panels"]
             for target in panel.get("targets", [])]
    found += [a["expr"] for a in dashboard()["annotations"]["list"]]
    for variable, value in VARIABLES.items():
        found = [expression.replace(variable, value) for expression in found]
    return found


def autoscaling_queries():
    """What KEDA and the HorizontalPodAutoscaler look at."""
    components = DEPLOY / "kubernetes" / "components"
    keda = yaml.safe_load((components / "keda" / "scaledobject.yaml").read_text())
    hpa = yaml.safe_load((components / "hpa" / "horizontalpodautoscaler.yaml").read_text())
    return [trigger["metadata"]["query"] for trigger in keda["spec"]["triggers"]] + \
           [metric["pods"]["metric"]["name"] for metric in hpa["spec"]["metrics"]]


def metrics_in(expression):
    """The exported metrics that an expression names; recorded series have colons and are no such."""
    names = re.findall(r"(?<![\w:])((?:strobe|grpc|process)_\w+)(?![\w:])", expression)
    return {name for name in names if not name.startswith("grpc_") or name.startswith("grpc_server_")}


def labels_in(expression):
    """(metric, label) of every matcher."""
    found = set()
    for metric, matchers in re.findall(r"((?:strobe|grpc_server)_\w+)\{([^}]*)\}", expression):
        found |= {(metric, label) for label in re.findall(r"(\w+)\s*[=!]~?=?\"", matchers)}
    return found
