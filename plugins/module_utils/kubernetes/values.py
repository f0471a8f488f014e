# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The values of the rollout judgement: what was known at the start, what is seen now, what counts, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Obj = Mapping[str, Any]
"""An object as the API returns it."""

State = Literal["success", "failure", "inconclusive", "error", "in_progress"]
Severity = Literal["fatal", "transient", "waiting"]

FULL = "full"
MAX_UNAVAILABLE = "maxUnavailable"


@dataclass(frozen=True)
class Settings:
    """What the caller accepts. Times are seconds.

    ``required``: how many pods must be available: "full", "maxUnavailable", a number or a percentage such as "80%".
    ``max_restarts``: restarts that one pod may have since the start. ``tolerated_pods``: pods that may be beyond hope.
    ``grace``: how long a pod may be unschedulable, or a pod or volume be refused, before that is final.
    ``scale_up_grace``: the same while a node autoscaler has said that it makes room.
    ``quiet``: how long nothing at all may change before the rollout counts as dead.
    """

    wait: float = 600.0
    required: str = FULL
    allow_zero: bool = False
    on_delete: Literal["fail", "warn"] = "fail"
    max_restarts: int = 1
    tolerated_pods: int = 0
    grace: float = 60.0
    scale_up_grace: float = 600.0
    quiet: float = 240.0


@dataclass(frozen=True)
class Start:
    """What was known when watching began.

    ``generation``: the one that the caller's apply returned, else the first that was seen. ``template``: fingerprint of the pod template.
    ``restarts``: restart counts of the pods that were there, by (pod uid, container). ``server_time``: the API server's clock.
    ``nodes``: names of the nodes that were there; None where nodes may not be read. ``changed``: whether the caller's apply changed the
    workload; None if nobody said. ``changed_configs``: ("ConfigMap" or "Secret", name) of what it changed besides.
    """

    kind: str
    name: str
    namespace: str
    uid: str
    generation: int
    template: str
    server_time: datetime
    restarts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    nodes: frozenset[str] | None = None
    changed: bool | None = None
    changed_configs: frozenset[tuple[str, str]] = frozenset()

    @property
    def workload(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Observed:
    """What is seen now. ``workload`` is None when the API says that there is none.

    ``elapsed``: seconds since the start on the monotonic clock. ``quiet``: seconds since anything here last changed.
    ``remembered``: the last message of a failed image pull by (pod uid, container), since the back-off that follows hides it.
    ``logs``: last lines by (pod name, container), already bounded and masked.
    """

    workload: Obj | None
    server_time: datetime
    elapsed: float = 0.0
    quiet: float = 0.0
    replica_sets: Sequence[Obj] = ()
    revisions: Sequence[Obj] = ()
    pods: Sequence[Obj] = ()
    events: Sequence[Obj] = ()
    claims: Sequence[Obj] = ()
    nodes: Sequence[Obj] = ()
    remembered: Mapping[tuple[str, str], str] = field(default_factory=dict)
    logs: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trouble:
    """What keeps one pod, or the making of pods, from being well."""

    severity: Severity
    code: str
    about: str
    message: str = ""
    container: str = ""
    exit_code: int | None = None
    signal: int | None = None
    constraint: str = ""
    event: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counts:
    """Pods: wanted, of the new revision, available, and of older revisions."""

    wanted: int = 0
    new: int = 0
    available: int = 0
    old: int = 0


@dataclass(frozen=True)
class Verdict:
    """The judgement: a state, a reason code, the facts that its sentence is made of, and the evidence."""

    state: State
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[Trouble, ...] = ()
    counts: Counts = Counts()
    notes: tuple[str, ...] = ()
