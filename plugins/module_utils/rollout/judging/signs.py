# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The signs whose age matters, read from one object. The API provides no timestamp for most of them, and a sign from before the call counts
from the start of the call. So the watch records when it first saw each sign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...kubernetes.objects import condition, spec, status, terminating, uid
from ...kubernetes.values import Obj

Sign = tuple[str, str, str]
"""Uid of the object, name of the container or an empty string, and what holds."""

PULL, CONFIG, CREATING, PENDING, UP, REFUSED = "pull", "config", "creating", "pending", "up", "refused"
PULLS = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError")
CONFIG_ERROR = "CreateContainerConfigError"


def container_statuses(pod: Obj) -> list[Mapping[str, Any]]:
    """Statuses of all containers, including init containers and sidecars, in start order."""
    found = status(pod)
    return [*(found.get("initContainerStatuses") or ()), *(found.get("containerStatuses") or ())]


def waiting_reason(one: Mapping[str, Any]) -> str:
    return str(((one.get("state") or {}).get("waiting") or {}).get("reason") or "")


def signs_of_pod(pod: Obj) -> Iterator[Sign]:
    found = uid(pod)
    if condition(pod, "PodScheduled").get("status") == "False":
        yield found, "", PENDING
    if condition(pod, "Ready").get("status") == "True" and not terminating(pod):
        yield found, "", up(pod)
    for one in container_statuses(pod):
        if waiting_reason(one) in PULLS:
            yield found, str(one.get("name")), PULL
        if waiting_reason(one) == CONFIG_ERROR:
            yield found, str(one.get("name")), CONFIG
    if is_creating(pod):
        yield found, "", CREATING


def is_creating(pod: Obj) -> bool:
    """Whether no container of a scheduled pod has been created yet: its volumes are being attached or mounted."""
    if not container_statuses(pod):
        return bool(spec(pod).get("nodeName")) and status(pod).get("phase") == "Pending"
    states = [one.get("state") or {} for one in container_statuses(pod)]
    begun = any("running" in state or "terminated" in state for state in states)
    return not begun and any(waiting_reason(one) in ("ContainerCreating", "PodInitializing") for one in container_statuses(pod))


def up(pod: Obj) -> str:
    """The pod is Ready. This is a new sign after each restart, so its age is how long the containers have stayed up."""
    return f"{UP} {sum(int(one.get('restartCount') or 0) for one in container_statuses(pod))}"


def signs_of_replica_set(replica_set: Obj) -> Iterator[Sign]:
    if condition(replica_set, "ReplicaFailure").get("status") == "True":
        yield uid(replica_set), "", REFUSED


def pulls_failing(pod: Obj) -> Iterator[tuple[str, str]]:
    """The containers whose last image pull has just failed; between pulls, the status shows a back-off instead."""
    for one in container_statuses(pod):
        if waiting_reason(one) in PULLS and waiting_reason(one) != "ImagePullBackOff":
            yield uid(pod), str(one.get("name"))


class Memory:
    """When each sign that still holds was first seen, how often image pulls failed, and when a pod was last seen to terminate.

    Use from one thread.
    """

    def __init__(self) -> None:
        self.first_seen: dict[Sign, float] = {}
        self.failed_pulls: dict[tuple[str, str], int] = {}
        self.last_leaving: float | None = None
        self._failing: set[tuple[str, str]] = set()

    def note(self, elapsed: float, pods: Sequence[Obj], replica_sets: Sequence[Obj]) -> None:
        current = {sign for pod in pods for sign in signs_of_pod(pod)} | {
            sign for one in replica_sets for sign in signs_of_replica_set(one)
        }
        self.first_seen = {sign: self.first_seen.get(sign, elapsed) for sign in current}
        if any(terminating(pod) for pod in pods):
            self.last_leaving = elapsed
        failing = {pair for pod in pods for pair in pulls_failing(pod)}
        for pair in failing - self._failing:
            self.failed_pulls[pair] = self.failed_pulls.get(pair, 0) + 1
        self._failing = failing
