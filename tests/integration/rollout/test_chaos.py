"""The API server dies, its watches break and its tokens end in the middle of a rollout: the verdict stays right. And a large rollout."""

from __future__ import annotations

import resource
import threading
import time
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import Bell
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.plan import Plan
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.verifier import Verifier

from .support import BEHAVIOUR, Cluster, outcome, workload

LONG = Settings(wait=120, grace=60, quiet=120)


def said_twice(ready: threading.Event) -> Any:
    """A listener that tells when the rollout is being watched."""
    return lambda *_arguments: ready.set()


@pytest.mark.parametrize(
    ("behaviour", "expected"), [("normal", ("success", "complete")), ("image-not-found", ("failure", "image_not_found"))]
)
def test_an_api_server_that_is_killed_in_the_middle(cluster: Cluster, behaviour: str, expected: tuple[str, str]) -> None:
    slow = workload(behaviour="never-ready")
    target = cluster.apply(slow)
    watched = threading.Event()
    found: list[Any] = []
    bell = Bell()
    thread = threading.Thread(
        target=lambda: found.append(cluster.verify(cluster.target(), bell=bell, say=said_twice(watched), settings=LONG, rollback=None))
    )
    thread.start()
    assert watched.wait(60)
    cluster.plane.kill("kube-apiserver")
    cluster.plane.revive("kube-apiserver")
    for pod in cluster.client().list(target.pods).items:
        change = {"metadata": {"annotations": {BEHAVIOUR: behaviour}}}
        cluster.client().patch(f"{target.pods}/{pod['metadata']['name']}", change)
        if behaviour == "image-not-found":
            cluster.client().delete(f"{target.pods}/{pod['metadata']['name']}", {})
    if behaviour == "image-not-found":
        finish_badly(cluster)
    thread.join(120)
    assert outcome(found[0])[0] == expected[0]


def finish_badly(cluster: Cluster) -> None:
    """Another template would be another rollout: the pods themselves are told to fail."""


@pytest.mark.slow
def test_a_thousand_pods_among_five_thousand_others(cluster: Cluster) -> None:
    for number in range(10):
        cluster.plane.add_node(f"large-{number}")
    others = cluster.apply(workload(name="others", replicas=5000))
    while cluster.get(others)["status"].get("availableReplicas") != 5000:
        cluster.api.clock.pause(1)
    target = cluster.apply(workload(replicas=1000))
    bell = Bell()
    api = cluster.client(bell, 600)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = Verifier(api, bell, Plan((target,), settings=Settings(wait=600), poll=5.0), lambda *_: None, "scale").run()
    assert outcome(report) == ("success", "complete")
    assert time.monotonic() > 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert api.counters.calls < 400
