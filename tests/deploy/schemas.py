"""The part of the custom resources' schemas that deploy/kubernetes relies on; anything else is refused.

Written after the reference pages of the Prometheus operator (PodMonitor, PrometheusRule), KEDA
(ScaledObject) and KServe (ServingRuntime).
"""


def an_object(required=(), **properties):
    return {"type": "object", "additionalProperties": False, "required": list(required),
            "properties": properties}


STRING = {"type": "string", "minLength": 1}
WORDS = {"type": "object", "additionalProperties": {"type": "string"}}
DURATION = {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}
COUNT = {"type": "integer", "minimum": 0}
METADATA = an_object(["name"], name=STRING, namespace=STRING, labels=WORDS, annotations=WORDS)


def resource(api_version, kind, spec):
    return an_object(["apiVersion", "kind", "metadata", "spec"], apiVersion={"const": api_version},
                     kind={"const": kind}, metadata=METADATA, spec=spec)


def a_list(items, **bounds):
    return {"type": "array", "items": items, "minItems": 1, **bounds}


RULE = {
    "oneOf": [
        an_object(["record", "expr"], record=STRING, expr=STRING, labels=WORDS),
        an_object(["alert", "expr", "labels", "annotations"], alert=STRING, expr=STRING,
                  labels=WORDS, annotations=WORDS, **{"for": DURATION}),
    ]
}

SCHEMAS = {
    "monitoring.coreos.com/v1": {
        "PodMonitor": resource(
            "monitoring.coreos.com/v1", "PodMonitor",
            an_object(["selector", "podMetricsEndpoints"], jobLabel=STRING,
                      selector=an_object(["matchLabels"], matchLabels=WORDS),
                      podMetricsEndpoints=a_list(
                          an_object(["port"], port=STRING, path=STRING, interval=DURATION,
                                    scrapeTimeout=DURATION)))),
        "PrometheusRule": resource(
            "monitoring.coreos.com/v1", "PrometheusRule",
            an_object(["groups"], groups=a_list(
                an_object(["name", "rules"], name=STRING, rules=a_list(RULE))))),
    },
    "keda.sh/v1alpha1": {
        "ScaledObject": resource(
            "keda.sh/v1alpha1", "ScaledObject",
            an_object(["scaleTargetRef", "triggers"],
                      scaleTargetRef=an_object(["name"], name=STRING), minReplicaCount=COUNT,
                      maxReplicaCount=COUNT, pollingInterval=COUNT, cooldownPeriod=COUNT,
                      triggers=a_list(
                          an_object(["type", "metadata"], type={"const": "prometheus"},
                                    metadata=an_object(
                                        ["serverAddress", "query", "threshold"],
                                        serverAddress={"type": "string", "pattern": "^http"},
                                        query=STRING,
                                        threshold={"type": "string", "pattern": "^[0-9.]+$"},
                                        activationThreshold={"type": "string",
                                                             "pattern": "^[0-9.]+$"},
                                        ignoreNullValues={"enum": ["true", "false"]}))))),
    },
}
