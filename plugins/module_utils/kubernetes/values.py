# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The inputs and outputs of the rollout judgment: the initial state, the current observation, the settings, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Obj = Mapping[str, Any]
"""An object in the form the API returns."""

State = Literal["success", "failure", "inconclusive", "error", "in_progress"]
Severity = Literal["fatal", "transient", "waiting"]

FULL = "full"
MAX_UNAVAILABLE = "maxUnavailable"


@dataclass(frozen=True)
class Settings:
    """What the caller accepts. All times are in seconds.

    ``required``: how many pods must be available: "full", "maxUnavailable", a number, or a percentage such as "80%".
    ``max_restarts``: allowed restarts of one pod since the start. ``tolerated_pods``: allowed number of pods with fatal trouble.
    ``grace``: how long a pod may stay unschedulable, wait for its configuration, or be refused before the failure is final.
    ``scale_up_grace``: the same limit once a node autoscaler has announced a new node.
    ``crash_grace``: how long a first release may crash, and how long another workload of the call excuses crashes.
    ``settle``: how long pods whose template has no probe must stay up before they count as working.
    ``replace_wait``: how long a pod that is created during the bake may take to become available.
    ``quiet``: how long there may be no sign of activity from the controller or any pod.
    """

    wait: float = 600.0
    required: str = FULL
    allow_zero: bool = False
    on_delete: Literal["fail", "warn"] = "fail"
    max_restarts: int = 1
    tolerated_pods: int = 0
    grace: float = 60.0
    scale_up_grace: float = 600.0
    crash_grace: float = 180.0
    settle: float = 15.0
    replace_wait: float = 600.0
    quiet: float = 240.0


@dataclass(frozen=True)
class Baseline:
    """The baseline of a bake: the available pods and the reason code when the rollout succeeded, and the server time then."""

    available: int
    code: str
    server_time: datetime


@dataclass(frozen=True)
class Start:
    """The state when watching began.

    ``generation``: the one the caller's apply returned, or else the first one observed. ``template``: hash of the release, which ignores
    fields that only restart pods; ``exact``: hash of the whole template, if known.
    ``restarts``: restart counts of existing pods by (pod uid, container). ``server_time``: the API server's clock.
    ``nodes``: names of existing nodes; None without permission to read nodes. ``changed``: whether the caller's apply changed the
    workload; None if unknown. ``changed_configs``: ("ConfigMap" or "Secret", name) of other objects that the apply changed.
    ``first``: whether this is the workload's first release. ``baseline``: set once the rollout is over and the bake has begun.
    """

    kind: str
    name: str
    namespace: str
    uid: str
    generation: int
    template: str
    server_time: datetime
    exact: str = ""
    restarts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    nodes: frozenset[str] | None = None
    changed: bool | None = None
    changed_configs: frozenset[tuple[str, str]] = frozenset()
    first: bool = False
    baseline: Baseline | None = None

    @property
    def workload(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Observed:
    """The current observation. ``workload`` is None when the API reports that it does not exist.

    ``elapsed``: seconds since the start on the monotonic clock. ``quiet``: seconds since the last change to anything observed here.
    ``remembered``: last message of a failed image pull by (pod uid, container), because the back-off that follows hides it.
    ``logs``: last lines by (pod name, container), already truncated and masked.
    ``first_seen``: by (uid, container, sign), the value of ``elapsed`` when a sign that still holds was first observed (judging/signs.py).
    ``failed_pulls``: image pulls that were seen to fail, by (pod uid, container). ``last_leaving``: the value of ``elapsed`` when a pod of
    the workload was last seen to terminate, or None.
    ``events_readable``: whether events may be read. ``others_unready``: the value of ``elapsed`` when another workload of the call was last
    not ready, or None. ``completed``: the completions of a Job that was seen to complete, otherwise 0. ``scalers``: what owns the replica
    count, as text.
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
    first_seen: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    failed_pulls: Mapping[tuple[str, str], int] = field(default_factory=dict)
    last_leaving: float | None = None
    events_readable: bool = True
    others_unready: float | None = None
    completed: int = 0
    scalers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trouble:
    """A problem that keeps one pod from being healthy, or keeps pods from being created."""

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
    """Numbers of pods: desired, of the new revision, available, and of older revisions."""

    wanted: int = 0
    new: int = 0
    available: int = 0
    old: int = 0


@dataclass(frozen=True)
class Verdict:
    """The judgment: a state, a reason code, the facts for its sentence, and the evidence."""

    state: State
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[Trouble, ...] = ()
    counts: Counts = Counts()
    notes: tuple[str, ...] = ()
