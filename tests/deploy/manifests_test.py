"""deploy/kubernetes: rendered, validated, restricted, and true to the programs it starts."""

import functools
import os
import re
import subprocess
import sys
import unittest

import yaml

import kustomize
from schemas import SCHEMAS

SERVER = os.environ["STROBE_TEST_SERVER"]
READINESS = "strobe.v1.ImageGenerationService"
OVERLAYS = sorted((kustomize.ROOT / "overlays").iterdir())
COMPONENTS = sorted((kustomize.ROOT / "components").iterdir())


def seconds(text):
    """"90", "5s" or "2m" in seconds."""
    number, unit = re.fullmatch(r"(\d+)([sm]?)", str(text)).groups()
    return int(number) * (60 if unit == "m" else 1)


def renderings():
    """(name, manifests) of the base, of each component on it, and of each overlay."""
    base = kustomize.render(kustomize.ROOT / "base")
    yield "base", base
    for component in COMPONENTS:
        yield f"base + {component.name}", kustomize.render(component, base)
    for overlay in OVERLAYS:
        yield overlay.name, kustomize.render(overlay)


def of_kind(resources, kind):
    return [resource for resource in resources if resource["kind"] == kind]


def of_all(kinds):
    """Every rendered resource of these kinds with its rendering: (name, resource, manifests)."""
    for name, resources in renderings():
        for resource in resources:
            if resource["kind"] in kinds:
                yield name, resource, resources


def for_each(*kinds):
    """Runs a test for every rendered resource of these kinds; there must be one."""
    def decorate(check):
        @functools.wraps(check)
        def test(self):
            cases = list(of_all(kinds))
            self.assertTrue(cases)
            for name, resource, resources in cases:
                with self.subTest(rendering=name, kind=resource["kind"],
                                  name=resource["metadata"]["name"]):
                    check(self, resource, resources)
        return test
    return decorate


def flags_of(container):
    return dict(argument[2:].split("=", 1) for argument in container["args"])


class RenderingTest(unittest.TestCase):

    def test_kubectl_renders_the_same(self):
        kubectl = kustomize.kubectl()
        if kubectl is None:
            self.skipTest("no kubectl whose kustomize is version 4 or newer (Debian 12's is 2)")
        key = lambda resource: (resource["kind"], resource["metadata"]["name"])
        for folder in [kustomize.ROOT / "base", *OVERLAYS]:
            with self.subTest(folder=folder.name):
                self.assertEqual(sorted(kustomize.render_with(kubectl, folder), key=key),
                                 sorted(kustomize.render(folder), key=key))

    def test_the_kubernetes_schemas_accept_everything(self):
        probe = subprocess.run([sys.executable, "-c", "import kubernetes_validate"],
                               stderr=subprocess.DEVNULL, check=False)
        if probe.returncode:
            self.skipTest("kubernetes-validate (PyPI) is not installed")
        import kubernetes_validate  # pylint: disable=import-outside-toplevel
        for name, resources in renderings():
            for resource in resources:
                if resource["apiVersion"] not in SCHEMAS:
                    with self.subTest(rendering=name, kind=resource["kind"]):
                        kubernetes_validate.validate(resource, "1.34", strict=True)

    def test_the_schemas_of_custom_resources_accept_everything(self):
        import jsonschema  # pylint: disable=import-outside-toplevel
        for kinds in SCHEMAS.values():
            for kind, schema in kinds.items():
                cases = list(of_all([kind]))
                self.assertTrue(cases, kind)
                for name, resource, _ in cases:
                    with self.subTest(rendering=name, kind=kind):
                        jsonschema.validate(resource, schema)

    def test_names_are_unique(self):
        for name, resources in renderings():
            names = [(r["kind"], r["metadata"]["name"]) for r in resources]
            self.assertEqual(len(names), len(set(names)), name)


class PodTest(unittest.TestCase):

    @for_each("Deployment")
    def test_pods_get_no_token_of_the_cluster(self, deployment, _):
        self.assertFalse(kustomize.pod_spec_of(deployment)["automountServiceAccountToken"])

    @for_each("Deployment", "ServingRuntime")
    def test_pods_meet_the_restricted_profile(self, workload, _):
        pod = kustomize.pod_spec_of(workload)
        self.assertFalse({"hostNetwork", "hostPID", "hostIPC"} & set(pod))
        for volume in pod["volumes"]:
            self.assertLessEqual(set(volume) - {"name"},
                                 {"persistentVolumeClaim", "emptyDir", "configMap", "secret",
                                  "projected", "image"})
        for container in pod["containers"]:
            context = {**pod.get("securityContext", {}), **container["securityContext"]}
            self.assertTrue(context["runAsNonRoot"])
            self.assertGreater(context["runAsUser"], 0)
            self.assertEqual(context["seccompProfile"]["type"], "RuntimeDefault")
            self.assertFalse(context["allowPrivilegeEscalation"])
            self.assertTrue(context["readOnlyRootFilesystem"])
            self.assertEqual(context["capabilities"], {"drop": ["ALL"]})

    @for_each("Deployment", "ServingRuntime")
    def test_memory_is_reserved_and_the_cpu_is_not_throttled(self, deployment, _):
        for container in kustomize.containers_of(deployment):
            resources = container["resources"]
            self.assertNotIn("cpu", resources["limits"])
            self.assertEqual(resources["limits"]["memory"], resources["requests"]["memory"])

    @for_each("Deployment", "ServingRuntime")
    def test_every_flag_exists_and_takes_its_value(self, deployment, _):
        pod = kustomize.pod_spec_of(deployment)
        # A flag that is wrong is refused before anything is read; --help ends the rest.
        done = subprocess.run([SERVER, *pod["containers"][0]["args"], "--help"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for flag in flags_of(pod["containers"][0]):
            self.assertIn(f"--{flag} ", done.stdout)

    @for_each("Deployment")
    def test_ports_are_those_of_the_flags(self, deployment, _):
        pod = kustomize.pod_spec_of(deployment)
        container = pod["containers"][0]
        flags = flags_of(container)
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for port, flag in (("grpc", "address"), ("metrics", "metrics-address"),
                           ("health", "health-address")):
            self.assertEqual(ports.get(port), int(flags[flag].rsplit(":", 1)[1])
                             if flag in flags else None)
            if flag in flags:
                self.assertTrue(flags[flag].startswith("0.0.0.0:"))

    @for_each("Deployment", "ServingRuntime")
    def test_probes_ask_the_named_service_on_a_plaintext_port(self, deployment, _):
        pod = kustomize.pod_spec_of(deployment)
        container = pod["containers"][0]
        flags = flags_of(container)
        plain = flags.get("health-address") or flags["address"]
        self.assertEqual("tls-certificate" in flags, "health-address" in flags)
        for probe, service in (("startupProbe", READINESS), ("readinessProbe", READINESS),
                               ("livenessProbe", "")):
            self.assertEqual(container[probe]["grpc"],
                             {"port": int(plain.rsplit(":", 1)[1]), "service": service})
        self.assertGreaterEqual(container["livenessProbe"]["timeoutSeconds"], 3)
        startup = container["startupProbe"]
        self.assertGreaterEqual(startup["periodSeconds"] * startup["failureThreshold"], 300)

    @for_each("Deployment")
    def test_the_grace_period_exceeds_everything_that_happens_in_it(self, deployment, _):
        pod = kustomize.pod_spec_of(deployment)
        container = pod["containers"][0]
        flags = flags_of(container)
        spent = (container["lifecycle"]["preStop"]["sleep"]["seconds"] +
                 seconds(flags["drain-delay"]) + seconds(flags["drain-timeout"]))
        self.assertGreaterEqual(pod["terminationGracePeriodSeconds"], spent + 10)

    @for_each("Deployment")
    def test_volumes_are_mounted_read_only_and_exist(self, deployment, resources):
        pod = kustomize.pod_spec_of(deployment)
        claims = {claim["metadata"]["name"] for claim in of_kind(resources,
                                                                 "PersistentVolumeClaim")}
        used = {volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"]
                if "persistentVolumeClaim" in volume}
        self.assertEqual(claims, used)
        volumes = {volume["name"] for volume in pod["volumes"]}
        mounts = {mount["name"]: mount for mount in pod["containers"][0]["volumeMounts"]}
        self.assertEqual(set(mounts), volumes)
        for name, mount in mounts.items():
            self.assertEqual(mount.get("readOnly", False), name != "scratch")

    @for_each("Deployment")
    def test_a_gpu_pod_asks_for_one_gpu_and_rolls_out_without_a_spare_one(self, deployment, _):
        container, = kustomize.containers_of(deployment)
        on_gpu = flags_of(container).get("device", "cpu").startswith("cuda")
        self.assertEqual(container["resources"]["limits"].get("nvidia.com/gpu"),
                         1 if on_gpu else None)
        update = deployment["spec"]["strategy"]["rollingUpdate"]
        self.assertEqual((update["maxSurge"], update["maxUnavailable"]),
                         (0, 1) if on_gpu else (1, 0))

    @for_each("Deployment", "ServingRuntime")
    def test_the_image_has_a_tag_in_overlays(self, workload, _):
        for container in kustomize.containers_of(workload):
            if "namespace" in workload["metadata"]:
                self.assertRegex(container["image"], r"^strobe:\d+\.\d+\.\d+-(cpu|cuda)$")

    def test_there_is_an_overlay_for_gpus(self):
        gpu, = [kustomize.containers_of(deployment)[0] for name, deployment, _ in
                of_all(["Deployment"]) if name == "gpu"]
        self.assertEqual(flags_of(gpu)["device"], "cuda:0")


class KserveTest(unittest.TestCase):

    @for_each("ServingRuntime")
    def test_the_runtime_is_what_kserve_looks_for(self, runtime, _):
        spec = runtime["spec"]
        self.assertEqual(spec["protocolVersions"], ["grpc-v2"])
        container, = spec["containers"]
        self.assertEqual(container["name"], "kserve-container")
        flags = flags_of(container)
        self.assertEqual(flags["model"], "/mnt/models")  # where KServe puts storageUri
        port, = container["ports"]
        self.assertEqual((port["name"], port["containerPort"]),
                         ("h2c", int(flags["address"].rsplit(":", 1)[1])))
        self.assertEqual(spec["annotations"]["prometheus.kserve.io/port"],
                         flags["metrics-address"].rsplit(":", 1)[1])

    @for_each("InferenceService")
    def test_a_service_fits_its_runtime_and_may_drain(self, service, resources):
        runtime, = of_kind(resources, "ServingRuntime")
        predictor = service["spec"]["predictor"]
        model = predictor["model"]
        self.assertEqual(model["runtime"], runtime["metadata"]["name"])
        self.assertIn(model["protocolVersion"], runtime["spec"]["protocolVersions"])
        self.assertIn(model["modelFormat"]["name"],
                      [known["name"] for known in runtime["spec"]["supportedModelFormats"]])
        self.assertFalse(predictor["automountServiceAccountToken"])
        container, = runtime["spec"]["containers"]
        flags = flags_of(container)
        spent = (container["lifecycle"]["preStop"]["sleep"]["seconds"] +
                 seconds(flags["drain-delay"]) + seconds(flags["drain-timeout"]))
        self.assertGreaterEqual(predictor["terminationGracePeriodSeconds"], spent + 10)

    @for_each("ServingRuntime")
    def test_it_probes_and_drains_as_the_deployment_does(self, runtime, _):
        base = kustomize.render(kustomize.ROOT / "base")
        ours, = runtime["spec"]["containers"]
        deployed, = kustomize.containers_of(of_kind(base, "Deployment")[0])
        self.assertEqual({**flags_of(ours), "model": ""}, {**flags_of(deployed), "model": ""})
        for probe in ("startupProbe", "readinessProbe"):
            self.assertEqual(ours[probe], deployed[probe])
        self.assertEqual(ours["lifecycle"], deployed["lifecycle"])


class WiringTest(unittest.TestCase):

    @for_each("Deployment")
    def test_selectors_find_the_pods_by_name_and_component_alone(self, deployment, resources):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        selector = deployment["spec"]["selector"]["matchLabels"]
        self.assertEqual(set(selector),
                         {"app.kubernetes.io/name", "app.kubernetes.io/component"})
        self.assertLessEqual(selector.items(), labels.items())
        for service in of_kind(resources, "Service"):
            self.assertEqual(service["spec"]["selector"], selector)
        for kind, key in (("PodDisruptionBudget", "selector"), ("PodMonitor", "selector"),
                          ("NetworkPolicy", "podSelector")):
            for resource in of_kind(resources, kind):
                self.assertEqual(resource["spec"][key]["matchLabels"], selector)

    @for_each("Deployment")
    def test_services_reach_named_ports_of_the_pods(self, deployment, resources):
        pod = kustomize.pod_spec_of(deployment)
        ports = {port["name"] for port in pod["containers"][0]["ports"]}
        services = of_kind(resources, "Service")
        self.assertEqual({service["spec"].get("clusterIP") for service in services},
                         {None, "None"})
        for service in services:
            for port in service["spec"]["ports"]:
                self.assertIn(port["targetPort"], ports)
                if service["spec"].get("clusterIP") == "None":  # clients dial the pods' port
                    self.assertEqual(port["port"], 50051)
        for monitor in of_kind(resources, "PodMonitor"):
            for endpoint in monitor["spec"]["podMetricsEndpoints"]:
                self.assertIn(endpoint["port"], ports)
        for policy in of_kind(resources, "NetworkPolicy"):
            for rule in policy["spec"]["ingress"]:
                self.assertLessEqual({port["port"] for port in rule["ports"]}, ports)

    @for_each("Deployment")
    def test_autoscalers_own_the_replica_count_alone(self, deployment, resources):
        scalers = of_kind(resources, "ScaledObject") + of_kind(resources,
                                                               "HorizontalPodAutoscaler")
        self.assertLessEqual(len(scalers), 1)
        self.assertEqual("replicas" in deployment["spec"], not scalers)
        for scaler in scalers:
            self.assertEqual(scaler["spec"]["scaleTargetRef"]["name"],
                             deployment["metadata"]["name"])

    @for_each("ScaledObject")
    def test_keda_scales_down_no_sooner_than_a_model_may_load(self, scaled, resources):
        probe = kustomize.containers_of(of_kind(resources, "Deployment")[0])[0]["startupProbe"]
        self.assertGreaterEqual(scaled["spec"]["cooldownPeriod"],
                                probe["periodSeconds"] * probe["failureThreshold"])

    @for_each("PrometheusRule")
    def test_the_rules_of_the_operator_are_those_of_the_file(self, rule, _):
        rules = kustomize.ROOT.parent / "prometheus" / "strobe.rules.yaml"
        self.assertEqual(rule["spec"]["groups"], yaml.safe_load(rules.read_text())["groups"])


if __name__ == "__main__":
    unittest.main()
