"""Renders deploy/kubernetes: with `kubectl kustomize` where it is new enough, else with what is below.

Debian 12's kubectl 1.20 knows no components. `render` understands the part of Kustomize that
deploy/kubernetes uses (resources, components, patches, images, namespace, labels, configMapGenerator)
and refuses every other key, so that the manifests are checked on a bare machine too; where a newer
kubectl is found, kustomize_test compares the two renderings.
"""

import copy
import pathlib
import re
import shutil
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
KNOWN = {"apiVersion", "kind", "resources", "components", "patches", "images", "namespace", "labels",
         "configMapGenerator"}


def kubectl():
    """A kubectl whose kustomize knows components, or None."""
    path = shutil.which("kubectl")
    if path is None:
        return None
    version = subprocess.run([path, "version", "--client"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, check=False).stdout
    found = re.search(r"Kustomize Version: v(\d+)", version)
    return path if found and int(found.group(1)) >= 4 else None


def render_with(path, folder):
    """The manifests of `folder` as kubectl renders them."""
    done = subprocess.run([path, "kustomize", str(folder)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"kubectl kustomize {folder}: {done.stderr}")
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def render(folder, resources=()):
    """The manifests of `folder`, or of a component applied to `resources`."""
    folder = pathlib.Path(folder)
    spec = yaml.safe_load((folder / "kustomization.yaml").read_text())
    unknown = set(spec) - KNOWN
    if unknown:
        raise AssertionError(f"{folder}: kustomize.py does not know {unknown}")
    resources = copy.deepcopy(list(resources))
    for name in spec.get("resources", []):
        path = folder / name
        resources += render(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text()))
    for generator in spec.get("configMapGenerator", []):
        resources.append(config_map(folder, generator))
    for name in spec.get("components", []):
        resources = render(folder / name, resources)
    for patch in spec.get("patches", []):
        resources = apply_patch(folder, patch, resources)
    for resource in resources:
        finish(resource, spec)
    return resources


def config_map(folder, generator):
    if not generator["options"].get("disableNameSuffixHash"):
        raise AssertionError("kustomize.py makes no name suffixes")
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": generator["name"], "labels": dict(generator["options"]["labels"])},
            "data": {name: (folder / name).read_text() for name in generator["files"]}}


def apply_patch(folder, patch, resources):
    body = yaml.safe_load(patch["patch"] if "patch" in patch else (folder / patch["path"]).read_text())
    target = patch.get("target") or {"kind": body["kind"], "name": body["metadata"]["name"]}
    hits = [resource for resource in resources if resource["kind"] == target["kind"] and
            resource["metadata"]["name"] == target["name"]]
    if not hits:
        raise AssertionError(f"{folder}: a patch for {target} finds nothing")
    if isinstance(body, dict) and body.get("$patch") == "delete":
        return [resource for resource in resources if resource not in hits]
    for resource in hits:
        if isinstance(body, list):
            for operation in body:
                apply_operation(resource, operation)
        else:
            merge(resource, body)
    return resources


def apply_operation(resource, operation):
    """One JSON patch operation (RFC 6902)."""
    *parents, last = [part.replace("~1", "/").replace("~0", "~")
                      for part in operation["path"].strip("/").split("/")]
    node = resource
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if isinstance(node, list):
        last = len(node) if last == "-" else int(last)
    if operation["op"] == "remove":
        del node[last]
    elif operation["op"] == "add" and isinstance(node, list):
        node.insert(last, operation["value"])
    elif operation["op"] in ("add", "replace"):
        node[last] = operation["value"]
    else:
        raise AssertionError(f"kustomize.py does not know op {operation['op']}")


MERGE_KEYS = ("name", "mountPath", "containerPort", "key")


def merge(into, patch):
    """A strategic merge: maps by key, lists of named things by their name, others replaced."""
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        elif isinstance(value, list) and isinstance(into.get(key), list) and \
                all(isinstance(item, dict) for item in value + into[key]):
            merge_list(into[key], value)
        else:
            into[key] = copy.deepcopy(value)


def merge_list(into, patch):
    for item in patch:
        key = next(key for key in MERGE_KEYS if key in item)
        same = [other for other in into if other.get(key) == item[key]]
        if same:
            merge(same[0], item)
        else:
            into.append(copy.deepcopy(item))


def finish(resource, spec):
    metadata = resource["metadata"]
    if "namespace" in spec and resource["kind"] not in ("Namespace", "ClusterServingRuntime"):
        metadata["namespace"] = spec["namespace"]
    for labels in spec.get("labels", []):
        metadata.setdefault("labels", {}).update(labels["pairs"])
    for image in spec.get("images", []):
        for container in containers_of(resource):
            if container["image"].split(":")[0] == image["name"]:
                container["image"] = f"{image.get('newName', image['name'])}:{image['newTag']}"


def pod_spec_of(resource):
    """The pod spec inside a workload or a runtime, or None."""
    if resource["kind"] == "ServingRuntime":
        return resource["spec"]
    return resource.get("spec", {}).get("template", {}).get("spec")


def containers_of(resource):
    pod = pod_spec_of(resource) or {}
    return pod.get("containers", []) + pod.get("initContainers", [])
