# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Identify a workload and the API paths of the workload and its dependents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..kubernetes.objects import spec
from ..kubernetes.values import Obj

GROUPS = {"Deployment": "apis/apps/v1", "StatefulSet": "apis/apps/v1", "DaemonSet": "apis/apps/v1", "Job": "apis/batch/v1"}
PARTS = {"Deployment": "replicasets", "StatefulSet": "controllerrevisions", "DaemonSet": "controllerrevisions"}
"""The resources that map pods to revisions, all in the apps group."""


@dataclass(frozen=True)
class Target:
    """One workload. ``generation``, ``uid``, ``template`` and ``changed`` come from the result of the caller's apply; None if unknown.

    ``api_version``: of a kind that is judged by the general rule, and ``plural`` its name in paths once the API has been asked for it.
    ``completed``: the completions of a Job that had already completed then. ``allow_zero``: whether running no pod is a success.
    """

    kind: str
    name: str
    namespace: str
    generation: int | None = None
    uid: str | None = None
    template: Mapping[str, Any] | None = None
    changed: bool | None = None
    changed_configs: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    completed: int = 0
    allow_zero: bool = False
    api_version: str = ""
    plural: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def collection(self) -> str:
        if self.api_version:
            return f"/apis/{self.api_version}/namespaces/{self.namespace}/{self.plural}"
        return f"/{GROUPS[self.kind]}/namespaces/{self.namespace}/{self.kind.lower()}s"

    @property
    def path(self) -> str:
        return f"{self.collection}/{self.name}"

    @property
    def parts(self) -> str | None:
        found = PARTS.get(self.kind)
        return f"/apis/apps/v1/namespaces/{self.namespace}/{found}" if found else None

    @property
    def pods(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods"

    @property
    def events(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/events"

    @property
    def claims(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/persistentvolumeclaims"


def selector(live: Obj) -> str:
    """The workload's label selector as a query string. It narrows what is read; owner references decide what belongs."""
    wanted = spec(live).get("selector") or {}
    parts = [f"{key}={value}" for key, value in (wanted.get("matchLabels") or {}).items()]
    for expression in wanted.get("matchExpressions") or ():
        key, values = expression["key"], ",".join(expression.get("values") or ())
        form = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}"}
        parts.append(form[expression["operator"]])
    return ",".join(parts)
