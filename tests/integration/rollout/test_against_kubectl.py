"""The same timelines judged by `kubectl rollout status` and by us: equal, or listed as stricter with the reason."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import EventClock
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.target import Target
from rehearsal.kubernetes import build
from tests.unit.rollout import running
from tests.unit.rollout.fake_api import FakeApi
from tests.unit.rollout.samples import (
    NEW,
    OLD,
    ROLLING,
    SETS,
    container,
    crashed,
    daemon_set,
    deployment,
    merged,
    pod,
    revision,
    set_pod,
    stateful_set,
    unready,
)

from .support import Cluster, workload

pytestmark = pytest.mark.nightly

SECONDS = 4
"""How long kubectl may wait. Without a verdict it would keep waiting."""

Step = Callable[[FakeApi], Any]


@dataclass(frozen=True)
class Timeline:
    """``first``: the objects at the start. ``steps``: events once the watch has begun. Verdicts: "success", "failure", "none"."""

    first: tuple[dict[str, Any], ...]
    steps: tuple[Step, ...] = ()
    kubectl: str = "success"
    ours: str = "success"
    stricter: str = ""
    kind: str = "Deployment"


def put(thing: dict[str, Any]) -> Step:
    return lambda api: api.put(thing)


PODS = tuple(pod(f"web-{number}") for number in range(3))
BEGUN = (deployment(**ROLLING), *SETS, *PODS)
ENDED = put(deployment())
PASSED = f'ReplicaSet "web-{NEW}" has timed out progressing.'
DEADLINE = {
    "conditions": [
        {
            "type": "Progressing",
            "status": "False",
            "reason": "ProgressDeadlineExceeded",
            "message": f'ReplicaSet "web-{NEW}" has timed out progressing.',
        }
    ]
}
STUCK = {
    "conditions": [{"type": "Progressing", "status": "False", "reason": "ReplicaSetCreateError", "message": "Forbidden"}],
    "observedGeneration": 2,
}
SET_PODS = tuple(set_pod(f"web-{number}") for number in range(3))
REVISIONS = (revision(), revision(OLD, 1))

TIMELINES = {
    "ends well": Timeline(BEGUN, (put(deployment(**{**ROLLING, "updatedReplicas": 2})), ENDED)),
    "was over before": Timeline((deployment(), *SETS, *PODS)),
    "old counters first": Timeline((deployment(observedGeneration=1), *SETS, *PODS), (put(deployment(**ROLLING)), ENDED)),
    "old pods leave last": Timeline((deployment(replicas=4), *SETS, *PODS), (ENDED,)),
    "progress deadline": Timeline(BEGUN, (put(deployment(**ROLLING, **DEADLINE)),), "failure", "failure"),
    "deleted": Timeline(BEGUN, (lambda api: api.remove(deployment()),), "failure", "failure"),
    "watch cut": Timeline(BEGUN, (lambda api: api.cut(), ENDED)),
    "history gone": Timeline(BEGUN, (lambda api: (api.forget(), api.cut()), ENDED)),
    "nothing happens": Timeline(BEGUN, (), "none", "none"),
    "paused": Timeline((merged(BEGUN[0], {"spec": {"paused": True}}), *SETS), (), "none", "failure", "rule 9: it will never go on"),
    "replicas 0": Timeline(
        (merged(deployment(replicas=0, updatedReplicas=0, availableReplicas=0), {"spec": {"replicas": 0}}),),
        (),
        "success",
        "failure",
        "rule 8: nothing is running",
    ),
    "cannot go on": Timeline(BEGUN, (put(deployment(**{**ROLLING, **STUCK})),), "none", "failure", "rule 22: kubectl sees deadlines only"),
    "crash loop": Timeline(BEGUN, (put(unready(crashed(5))),), "none", "failure", "rule 26: kubectl does not look at pods"),
    "crashed and is up again": Timeline(
        (deployment(**ROLLING), *SETS),
        (put(pod(status={"containerStatuses": [container(restarts=5)]})), ENDED),
    ),
    "set ends well": Timeline(
        (stateful_set(updatedReplicas=1, currentRevision=OLD), *REVISIONS, *SET_PODS), (put(stateful_set()),), kind="StatefulSet"
    ),
    "set is ready, not available": Timeline(
        (stateful_set(availableReplicas=0), *REVISIONS, *SET_PODS), (), "success", "none", "rule 6: ready is not available", "StatefulSet"
    ),
    "set with a partition": Timeline(
        (
            merged(
                stateful_set(updatedReplicas=1, currentRevision=OLD),
                {"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}},
            ),
            *REVISIONS,
            set_pod("web-0", OLD),
            set_pod("web-1", OLD),
            set_pod("web-2"),
        ),
        kind="StatefulSet",
    ),
    "set on delete": Timeline(
        (merged(stateful_set(updatedReplicas=1), {"spec": {"updateStrategy": {"type": "OnDelete"}}}), *REVISIONS, set_pod("web-0", OLD)),
        (),
        "failure",
        "failure",
        kind="StatefulSet",
    ),
    "daemons end well": Timeline((daemon_set(updatedNumberScheduled=1), *REVISIONS, *SET_PODS), (put(daemon_set()),), kind="DaemonSet"),
    "daemons fit no node": Timeline(
        (daemon_set(desiredNumberScheduled=0, currentNumberScheduled=0, updatedNumberScheduled=0, numberAvailable=0),),
        (),
        "success",
        "failure",
        "rule 8: nothing is running",
        "DaemonSet",
    ),
}


@pytest.fixture(scope="session")
def kubectl() -> list[str]:
    return [str(build.kubectl())]


def play(api: FakeApi, timeline: Timeline, collection: str) -> None:
    for step in timeline.steps:
        api.wait_for_watch(collection)
        step(api)


def staged(api: FakeApi, timeline: Timeline) -> str:
    """Creates the first objects and runs the remaining steps in the background; returns the watched collection."""
    for thing in timeline.first:
        api.put(thing)
    collection = f"/apis/apps/v1/namespaces/shop/{timeline.kind.lower()}s"
    threading.Thread(target=play, args=(api, timeline, collection), daemon=True).start()
    return collection


def by_kubectl(kubectl: list[str], server: str, kind: str, cache: Path) -> str:
    where = ["--server", server, "--kubeconfig", "/dev/null", "--cache-dir", str(cache), "-n", "shop"]
    command = [*kubectl, *where, "rollout", "status", f"{kind.lower()}/web", f"--timeout={SECONDS}s"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode == 0:
        return "success"
    return "none" if "timed out waiting" in done.stderr or "context deadline exceeded" in done.stderr else "failure"


def by_us(api: FakeApi, kind: str) -> str:
    report = running.verify(api, Target(kind, "web", "shop"), bell=EventClock(), settings=Settings(wait=SECONDS), record=False)
    state, code = running.outcome(report)
    return "none" if code == "timeout" else state


@pytest.mark.parametrize("name", sorted(TIMELINES))
def test_scripted_timelines(name: str, kubectl: list[str], tmp_path: Path) -> None:
    timeline = TIMELINES[name]
    with FakeApi() as api:
        staged(api, timeline)
        theirs = by_kubectl(kubectl, api.address, timeline.kind, tmp_path)
    with FakeApi() as api:
        staged(api, timeline)
        ours = by_us(api, timeline.kind)
    assert (theirs, ours) == (timeline.kubectl, timeline.ours)
    assert (theirs == ours) != bool(timeline.stricter)


REAL = {
    ("Deployment", "normal"): ("success", "success"),
    ("StatefulSet", "normal"): ("success", "success"),
    ("DaemonSet", "normal"): ("success", "success"),
    ("Deployment", "never-ready"): ("none", "none"),
    ("Deployment", "image-not-found"): ("none", "failure"),  # stricter, rule 28: the image will never be available
    ("DaemonSet", "config-error"): ("none", "failure"),  # stricter, rule 29: the Secret does not exist
}


@pytest.mark.parametrize(("kind", "behavior"), sorted(REAL))
def test_real_rollouts(cluster: Cluster, kind: str, behavior: str) -> None:
    theirs, ours = REAL[kind, behavior]
    target = cluster.apply(workload(kind, behavior=behavior))
    report = cluster.verify(target, settings=Settings(wait=SECONDS, grace=1), rollback=None)
    state, code = running.outcome(report)
    assert ("none" if code == "timeout" else state) == ours
    done = cluster.kubectl("rollout", "status", f"{kind.lower()}/web", f"--timeout={SECONDS}s")
    assert ("success" if done.returncode == 0 else "none" if "timed out" in done.stderr else "failure") == theirs
