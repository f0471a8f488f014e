"""Objects as the API returns them, with only the fields that a test is about."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects import fingerprint
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Observed, Settings, Start, Verdict
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.judging.judge import judge

T0 = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
NEW, OLD = "hash-new", "hash-old"


def at(seconds: float) -> str:
    """A timestamp this many seconds after the start."""
    return (T0 + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes`` merged in, recursively; None removes a member."""
    result = copy.deepcopy(dict(base))
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def template(image: str = "app:2", **inside: Any) -> dict[str, Any]:
    """A pod template whose container has a readiness probe, unless ``inside`` has its own containers."""
    container = {"name": "app", "image": image, "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}}}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], **inside}}


def meta(name: str, uid: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": "shop", "uid": uid, **more}


def deployment(**status: Any) -> dict[str, Any]:
    """Three replicas, all new and available."""
    counters = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3, **status}
    return {
        "kind": "Deployment",
        "metadata": meta("web", "u-web", generation=2, annotations={"deployment.kubernetes.io/revision": "2"}),
        "spec": {"replicas": 3, "progressDeadlineSeconds": 600, "template": template(), "selector": {"matchLabels": {"app": "web"}}},
        "status": {key: value for key, value in counters.items() if value is not None},
    }


def stateful_set(**status: Any) -> dict[str, Any]:
    counters = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3}
    revisions = {"currentRevision": NEW, "updateRevision": NEW}
    return {
        "kind": "StatefulSet",
        "metadata": meta("web", "u-web", generation=2),
        "spec": {"replicas": 3, "template": template(), "updateStrategy": {"type": "RollingUpdate"}},
        "status": {key: value for key, value in {**counters, **revisions, **status}.items() if value is not None},
    }


def daemon_set(**status: Any) -> dict[str, Any]:
    counters = {
        "observedGeneration": 2,
        "desiredNumberScheduled": 3,
        "currentNumberScheduled": 3,
        "updatedNumberScheduled": 3,
        "numberReady": 3,
        "numberAvailable": 3,
    }
    return {
        "kind": "DaemonSet",
        "metadata": meta("web", "u-web", generation=2),
        "spec": {"template": template(), "updateStrategy": {"type": "RollingUpdate"}},
        "status": {key: value for key, value in {**counters, **status}.items() if value is not None},
    }


def job(**status: Any) -> dict[str, Any]:
    return {
        "kind": "Job",
        "metadata": meta("web", "u-web", generation=1),
        "spec": {"completions": 1, "parallelism": 1, "backoffLimit": 2, "template": template(restartPolicy="Never")},
        "status": status,
    }


def replica_set(hash_: str = NEW, revision: int = 2, image: str = "app:2", **status: Any) -> dict[str, Any]:
    inside = merged(template(image), {"metadata": {"labels": {"pod-template-hash": hash_}}})
    return {
        "kind": "ReplicaSet",
        "metadata": meta(
            f"web-{hash_}",
            f"u-{hash_}",
            labels={"app": "web", "pod-template-hash": hash_},
            annotations={"deployment.kubernetes.io/revision": str(revision)},
            ownerReferences=[{"uid": "u-web", "controller": True}],
            creationTimestamp=at(-1000 if hash_ == OLD else 1),
        ),
        "spec": {"template": inside},
        "status": status,
    }


SETS = [replica_set(), replica_set(OLD, 1, "app:1")]


def revision(hash_: str = NEW, number: int = 2) -> dict[str, Any]:
    return {
        "kind": "ControllerRevision",
        "metadata": meta(
            f"web-{hash_}", f"u-{hash_}", labels={"controller-revision-hash": hash_}, ownerReferences=[{"uid": "u-web", "controller": True}]
        ),
        "revision": number,
    }


def pod(name: str = "web-1", **changes: Any) -> dict[str, Any]:
    """A pod of the Deployment's new revision: running, Ready for a while, never restarted."""
    base = {
        "kind": "Pod",
        "metadata": meta(
            name,
            f"u-{name}",
            labels={"app": "web", "pod-template-hash": NEW},
            ownerReferences=[{"uid": f"u-{NEW}", "controller": True}],
        ),
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "app:2"}]},
        "status": {
            "phase": "Running",
            "conditions": [
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(1)},
                {"type": "Ready", "status": "True", "lastTransitionTime": at(5)},
            ],
            "containerStatuses": [container()],
        },
    }
    return merged(base, changes)


def set_pod(name: str = "web-0", hash_: str = NEW, **changes: Any) -> dict[str, Any]:
    """A pod of a StatefulSet or DaemonSet."""
    owned = {"labels": {"controller-revision-hash": hash_, "pod-template-hash": None}}
    return merged(merged(pod(name), {"metadata": {**owned, "ownerReferences": [{"uid": "u-web", "controller": True}]}}), changes)


def container(name: str = "app", *, ready: bool = True, restarts: int = 0, **state: Any) -> dict[str, Any]:
    states = {key: value for key, value in state.items() if key in ("waiting", "running", "terminated")} or {"running": {}}
    found = {"name": name, "ready": ready, "started": ready, "restartCount": restarts, "state": states}
    return {**found, **({"lastState": {"terminated": state["last"]}} if "last" in state else {})}


def unready(*statuses: dict[str, Any], phase: str = "Running", reason: str = "ContainersNotReady", **changes: Any) -> dict[str, Any]:
    """A pod that is not Ready, with these containers."""
    conditions = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(1)},
        {"type": "Ready", "status": "False", "reason": reason, "lastTransitionTime": at(5)},
    ]
    found = {"status": {"phase": phase, "conditions": conditions, "containerStatuses": list(statuses) or [container(ready=False)]}}
    return pod(**merged(found, changes))


def waiting(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return container(ready=False, waiting={"reason": reason, "message": message}, **more)


def crashed(restarts: int, code: int = 1, reason: str = "Error") -> dict[str, Any]:
    return waiting("CrashLoopBackOff", "back-off", restarts=restarts, last={"exitCode": code, "reason": reason})


def unscheduled(message: str, *, reason: str = "Unschedulable", since: float = 0, **changes: Any) -> dict[str, Any]:
    condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": message, "lastTransitionTime": at(since)}
    found = {"spec": {"nodeName": None}, "status": {"phase": "Pending", "conditions": [condition], "containerStatuses": None}}
    return pod(**merged(found, changes))


def event(uid: str, reason: str, message: str = "", when: float = 10, **changes: Any) -> dict[str, Any]:
    base = {
        "metadata": {"creationTimestamp": at(when)},
        "involvedObject": {"uid": uid},
        "reason": reason,
        "message": message,
        "firstTimestamp": at(when),
        "lastTimestamp": at(when),
        "eventTime": None,
        "series": None,
        "count": 1,
    }
    return merged(base, changes)


def node(name: str, *, ready: bool = True) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}]}}


ROLLING = {"replicas": 4, "updatedReplicas": 1, "availableReplicas": 3}
"""The counters of a Deployment in the middle of its rollout."""


def verdict(
    workload: dict[str, Any] | None,
    *pods: dict[str, Any],
    start: Mapping[str, Any] | None = None,
    accept: Mapping[str, Any] | None = None,
    **seen: Any,
) -> Verdict:
    """The verdict on this workload with these pods, a while after the start."""
    elapsed = float(seen.pop("elapsed", 100.0))
    kind = str((workload or {"kind": "Deployment"})["kind"])
    known = {
        "kind": kind,
        "name": "web",
        "namespace": "shop",
        "uid": "u-web",
        "generation": 1 if kind == "Job" else 2,
        "template": fingerprint(template()),
        "server_time": T0,
        **(start or {}),
    }
    observed = {"replica_sets": SETS, "revisions": [revision(), revision(OLD, 1)], "server_time": T0 + timedelta(seconds=elapsed), **seen}
    return judge(Start(**known), Observed(workload=workload, pods=pods, elapsed=elapsed, **observed), Settings(**(accept or {})))


def outcome(*arguments: Any, **named: Any) -> tuple[str, str]:
    found = verdict(*arguments, **named)
    return found.state, found.code
