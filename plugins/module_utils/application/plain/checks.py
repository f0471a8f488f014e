# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What plain manifests get wrong together, such as rollouts that never end and budgets that block every drain. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...cluster_objects.pods import pod_spec, template_of
from ...kubernetes.objects import containers_of, share, spec, wanted_replicas
from .completing import Plain
from .security import BASELINE, PRIVILEGED, violations

ALB = "alb.ingress.kubernetes.io/"
SCALABLE = ("Deployment", "StatefulSet")
PERCENT_OR_NUMBER = re.compile(r"\d+%?")
STORES = "secrets-store.csi.k8s.io"


def problems_of(objects: Sequence[Plain], pod_security: str, fargate: bool) -> Iterator[str]:
    """Everything that would stop a rollout, or that could not work; one sentence each."""
    for one in objects:
        if one.wanted.kind == "Deployment" and spec(one.manifest).get("paused"):
            yield f"{one.place}: spec.paused is true, so its rollout would never begin; remove it"
        yield from _insecure(one, pod_security)
        if fargate:
            yield from _on_fargate(one, pod_security)
    yield from _replicas_of_autoscalers(objects)
    yield from _blocking_budgets(objects)
    yield from _unready(objects)


def notes_of(objects: Sequence[Plain]) -> Iterator[str]:
    """What works, but loses requests or shows secrets."""
    for one in objects:
        kind, manifest = one.wanted.kind, one.manifest
        if kind == "Secret" and manifest.get("data"):
            yield f"{one.place} holds values that everyone who may read the file sees. External Secrets keeps them out of files."
        if kind == "Ingress" and _is_public_and_plain(manifest):
            yield f"{one.place} is internet-facing without a certificate, so requests are not encrypted."
        for container in containers_of(pod_spec(manifest) or {}):
            if not (container.get("resources") or {}).get("requests"):
                yield f"{one.place}, container {container.get('name')}, requests nothing, so the scheduler may put it on a full node."
    for one in _behind_ingresses(objects):
        inside = pod_spec(one.manifest) or {}
        if not any((container.get("lifecycle") or {}).get("preStop") for container in containers_of(inside)):
            yield (
                f"{one.place} is behind an Ingress and has no preStop, so pods end while the load balancer still sends them requests; wait "
                "there for the deregistration delay and ten seconds."
            )


def _is_public_and_plain(manifest: Mapping[str, Any]) -> bool:
    """For a listener with HTTPS, the controller finds a certificate by the host names (its guide, "Certificate Discovery")."""
    annotations = manifest["metadata"].get("annotations") or {}
    encrypts = annotations.get(f"{ALB}certificate-arn") or '"HTTPS"' in str(annotations.get(f"{ALB}listen-ports") or "")
    return annotations.get(f"{ALB}scheme") == "internet-facing" and not encrypts


def _insecure(one: Plain, pod_security: str) -> Iterator[str]:
    inside = pod_spec(one.manifest)
    wrong = violations(inside, pod_security) if inside is not None else []
    if wrong:
        yield f"{one.place}: its pods would be refused by the Pod Security Standard {pod_security}, which needs {'; '.join(wrong)}"


def _on_fargate(one: Plain, pod_security: str) -> Iterator[str]:
    if one.wanted.kind == "DaemonSet":
        yield f"{one.place}: Fargate runs no DaemonSets; run it as a sidecar, or on a node group"
    inside = pod_spec(one.manifest) or {}
    if pod_security == PRIVILEGED and (wrong := violations(inside, BASELINE)):
        yield f"{one.place}: Fargate runs its pods only with {'; '.join(wrong)}"
    if any(inside.get(field) for field in ("nodeSelector", "nodeName")):
        yield f"{one.place}: it chooses nodes, and pods on Fargate have none to choose from; remove nodeSelector and nodeName"
    yield from (
        f"{one.place}: volume {volume.get('name')} needs the Secrets Store CSI driver, a DaemonSet, and Fargate runs none; use External "
        "Secrets"
        for volume in inside.get("volumes") or ()
        if (volume.get("csi") or {}).get("driver") == STORES
    )
    for container in containers_of(inside):
        amounts = container.get("resources") or {}
        if devices := sorted({name for part in amounts.values() if isinstance(part, Mapping) for name in part if "/" in name}):
            yield f"{one.place}, container {container.get('name')}: Fargate has no {', '.join(devices)}; run it on a node group"


def _autoscaled(objects: Sequence[Plain]) -> Iterator[tuple[Plain, Plain]]:
    """(autoscaler, workload) for each autoscaler whose workload is among the objects."""
    by_key = {one.key: one for one in objects}
    for scaler in objects:
        target = spec(scaler.manifest).get("scaleTargetRef") or {}
        owned = by_key.get((str(target.get("kind")), scaler.wanted.namespace, str(target.get("name"))))
        if scaler.wanted.kind == "HorizontalPodAutoscaler" and owned:
            yield scaler, owned


def _replicas_of_autoscalers(objects: Sequence[Plain]) -> Iterator[str]:
    for scaler, owned in _autoscaled(objects):
        if spec(owned.manifest).get("replicas") is not None:
            yield (
                f"{owned.place}: spec.replicas is {spec(owned.manifest)['replicas']}, but {scaler.place} lets an autoscaler choose the "
                "number, which every deployment would undo; remove replicas"
            )
        for name in _utilized(scaler.manifest):
            without = [
                str(container.get("name"))
                for container in (pod_spec(owned.manifest) or {}).get("containers") or ()
                if name not in ((container.get("resources") or {}).get("requests") or {})
            ]
            if without:
                yield (
                    f"{owned.place}: {scaler.place} measures {name} in percent of the requests, and {', '.join(without)} requests none; "
                    f"set resources.requests.{name}"
                )


def _utilized(scaler: Mapping[str, Any]) -> list[str]:
    """The resources whose utilization an autoscaler measures."""
    found = [one.get("resource") or {} for one in spec(scaler).get("metrics") or () if one.get("type") == "Resource"]
    return [str(one["name"]) for one in found if (one.get("target") or {}).get("type") == "Utilization" and one.get("name")]


def _blocking_budgets(objects: Sequence[Plain]) -> Iterator[str]:
    least_of = {owned.key: int(spec(scaler.manifest).get("minReplicas") or 1) for scaler, owned in _autoscaled(objects)}
    budgets: dict[tuple[str, str, str], Plain] = {}
    for one in objects:
        if one.wanted.kind != "PodDisruptionBudget":
            continue
        given = spec(one.manifest)
        workloads = [other for other in _selected(given.get("selector"), one, objects) if other.wanted.kind in SCALABLE]
        for workload in workloads:
            if workload.key in budgets:
                yield f"{one.place}: {budgets[workload.key].place} is for the same pods, and Kubernetes then evicts none of them; keep one"
            budgets.setdefault(workload.key, one)
        pods = sum(least_of.get(other.key, wanted_replicas(other.manifest)) for other in workloads)
        if wrong := _blocks(given, pods):
            yield f"{one.place}: {wrong}"


def _blocks(budget: Mapping[str, Any], pods: int) -> str:
    """Why a budget never lets a pod go. ``pods``: the least number that it is for; 0 if that is not known. Percentages are rounded up."""
    most, least = budget.get("maxUnavailable"), budget.get("minAvailable")
    if str(most) in ("0", "0%"):
        return f"spec.maxUnavailable is {most}, which blocks every node drain; it must be at least 1"
    if str(least) == "100%" or (PERCENT_OR_NUMBER.fullmatch(str(least)) and pods and share(least, pods, up=True) >= pods):
        of_all = f" of {pods} pods" if pods else ""
        return f"spec.minAvailable is {least}{of_all}, which blocks every node drain; use maxUnavailable: 1"
    return ""


def _selected(selector: Any, by: Plain, objects: Iterable[Plain]) -> list[Plain]:
    """The objects of the same namespace whose pods a selector selects. A Service has labels, other objects matchLabels."""
    wanted = selector.get("matchLabels", selector) if isinstance(selector, Mapping) else {}
    if not isinstance(wanted, Mapping) or not wanted or "matchExpressions" in wanted:
        return []
    return [one for one in objects if one.wanted.namespace == by.wanted.namespace and _has(one, wanted)]


def _has(one: Plain, wanted: Mapping[str, Any]) -> bool:
    labels = ((template_of(one.manifest) or {}).get("metadata") or {}).get("labels") or {}
    return bool(labels) and all(labels.get(name) == value for name, value in wanted.items())


def _behind_ingresses(objects: Sequence[Plain]) -> list[Plain]:
    """The workloads that requests reach through an Ingress of the same manifests."""
    by_key = {one.key: one for one in objects}
    found: dict[tuple[str, str, str], Plain] = {}
    for ingress in objects:
        if ingress.wanted.kind == "Ingress":
            for name in _services(ingress.manifest):
                service = by_key.get(("Service", ingress.wanted.namespace, name))
                selected = _selected(spec(service.manifest).get("selector"), service, objects) if service else []
                found |= {one.key: one for one in selected if one.wanted.kind in (*SCALABLE, "DaemonSet")}
    return list(found.values())


def _services(ingress: Mapping[str, Any]) -> Iterator[str]:
    given = spec(ingress)
    backends = [given.get("defaultBackend") or {}]
    backends += [path.get("backend") or {} for rule in given.get("rules") or () for path in (rule.get("http") or {}).get("paths") or ()]
    yield from (str(backend["service"]["name"]) for backend in backends if (backend.get("service") or {}).get("name"))


def _unready(objects: Sequence[Plain]) -> Iterator[str]:
    for one in _behind_ingresses(objects):
        containers = (pod_spec(one.manifest) or {}).get("containers") or ()
        if not any(container.get("readinessProbe") for container in containers):
            yield (
                f"{one.place}: it is behind an Ingress and has no readinessProbe, so its pods would get requests before they can answer "
                "them; give it the path of a check, such as httpGet /healthz"
            )
