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

# A container as Kubernetes' own schema has it: the parts that a runtime of ours uses.
PROBE = an_object(["grpc"], grpc=an_object(["port", "service"], port=COUNT,
                                           service={"type": "string"}),
                  periodSeconds=COUNT, failureThreshold=COUNT, timeoutSeconds=COUNT)
CONTAINER = an_object(
    ["name", "image", "args", "ports", "resources", "securityContext"], name=STRING, image=STRING,
    args=a_list(STRING),
    ports=a_list(an_object(["containerPort"], name=STRING, containerPort=COUNT,
                           protocol={"enum": ["TCP"]})),
    startupProbe=PROBE, readinessProbe=PROBE, livenessProbe=PROBE, lifecycle={"type": "object"},
    resources=an_object(["requests", "limits"], requests=WORDS, limits=WORDS),
    securityContext={"type": "object"},
    volumeMounts=a_list(an_object(["name", "mountPath"], name=STRING, mountPath=STRING,
                                  readOnly={"type": "boolean"})))
PROTOCOLS = {"enum": ["v1", "v2", "grpc-v1", "grpc-v2"]}

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
    "serving.kserve.io/v1alpha1": {
        "ServingRuntime": resource(
            "serving.kserve.io/v1alpha1", "ServingRuntime",
            an_object(["supportedModelFormats", "containers"], annotations=WORDS, labels=WORDS,
                      supportedModelFormats=a_list(
                          an_object(["name"], name=STRING, version=STRING,
                                    autoSelect={"type": "boolean"}, priority=COUNT)),
                      protocolVersions=a_list(PROTOCOLS), multiModel={"type": "boolean"},
                      containers=a_list(CONTAINER), volumes=a_list({"type": "object"}),
                      nodeSelector=WORDS, tolerations=a_list({"type": "object"}))),
    },
    "serving.kserve.io/v1beta1": {
        "InferenceService": resource(
            "serving.kserve.io/v1beta1", "InferenceService",
            an_object(["predictor"], predictor=an_object(
                ["model"], minReplicas=COUNT, maxReplicas=COUNT,
                automountServiceAccountToken={"type": "boolean"},
                terminationGracePeriodSeconds=COUNT,
                model=an_object(["modelFormat"], runtime=STRING, protocolVersion=PROTOCOLS,
                                modelFormat=an_object(["name"], name=STRING, version=STRING),
                                storageUri=STRING)))),
    },
}
