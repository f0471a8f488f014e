"""The API server crashes and recovers during a rollout: the verdict stays correct. Smaller faults are in the unit tests."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import EventClock
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings

from .support import Cluster, outcome, workload

LONG = Settings(wait=240, crash_grace=0)
SLOW = {"annotations": {"rehearsal.mainstay/delay": "6s"}}


@pytest.mark.parametrize(
    ("behavior", "inside", "expected"),
    [
        pytest.param("slow-start", SLOW, ("success", "complete"), id="good"),
        pytest.param("crash-loop", {"minReadySeconds": 30}, ("failure", "crash_loop"), id="bad"),
    ],
)
def test_an_api_server_that_is_killed_in_the_middle(
    cluster: Cluster, behavior: str, inside: dict[str, Any], expected: tuple[str, str]
) -> None:
    target = cluster.apply(workload(behavior=behavior, **inside))
    watched = threading.Event()
    found: list[Any] = []
    options = {"bell": EventClock(), "say": lambda *_: watched.set(), "settings": LONG, "rollback": None}
    thread = threading.Thread(target=lambda: found.append(cluster.verify(target, **options)), daemon=True)
    thread.start()
    assert watched.wait(60)
    cluster.plane.kill("kube-apiserver")
    cluster.plane.revive("kube-apiserver")
    thread.join(300)
    assert outcome(found[0]) == expected
