# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whose fields are whose: taking objects over from kubectl, Helm, and kubernetes.core, and conflicts with everyone else. Pure functions.

An object that another tool applied keeps that tool as the manager of its fields. A server-side apply then either conflicts with it, or, if
it is forced, shares the fields, and those that we no longer want are never removed (kubernetes#99003). So its entry in ``managedFields`` is
merged into ours first, as kubectl does when it changes to server-side apply (k8s.io/client-go/util/csaupgrade): by a JSON patch that is
tied to the resourceVersion that was read.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..cluster_objects.compare import MANAGER, owned_fields
from ..kubernetes.objects import metadata
from ..kubernetes.values import Obj

LEFT_ALONE = ("kubectl-rollout", "kubectl-label", "kubectl-annotate", "kubectl-scale", "kubectl-autoscale", "kubectl-taint")
"""Commands of kubectl that add something beside what was applied. Removing a restart mark, for example, would restart the pods again."""

APPLIERS = re.compile(
    r"kubectl(-[a-z-]+)?|before-first-apply|helm|Helm|OpenAPI-Generator|ansible(-.*)?|kubernetes\.core|HashiCorp|Terraform|terraform(-.*)?"
    r"|pulumi(-.*)?|Go-http-client"
)
"""Managers of tools by which people apply manifests. ``OpenAPI-Generator`` is the Python client, which kubernetes.core uses, and
``Go-http-client`` an early Helm 3."""

CONTROLLER = "kube-controller-manager"
SCALE = "scale"

Fields = Mapping[str, Any]
"""The form of ``fieldsV1``."""


@dataclass(frozen=True)
class Takeover:
    """``managers``: those whose entries become ours. ``entries``: the managedFields after that. ``fields``: what we then own."""

    managers: tuple[str, ...]
    entries: tuple[Mapping[str, Any], ...]
    fields: Fields
    version: str

    @property
    def patch(self) -> list[dict[str, Any]]:
        """The JSON patch. Replacing resourceVersion by the one that was read makes the API refuse it if the object has changed since."""
        return [
            {"op": "replace", "path": "/metadata/managedFields", "value": [dict(entry) for entry in self.entries]},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": self.version},
        ]

    @property
    def reason(self) -> str:
        return f"taken over from {', '.join(self.managers)}"


def is_applier(manager: str, more: Iterable[str] = ()) -> bool:
    """Whether a manager's fields may be taken over. ``more``: further managers that the caller names."""
    return manager in more or (manager not in LEFT_ALONE and APPLIERS.fullmatch(manager) is not None)


def takeover(live: Obj, api_version: str, more: Iterable[str] = ()) -> Takeover | None:
    """How to take a live object over; None if no other tool's entry has to become ours."""
    entries = [dict(entry) for entry in metadata(live).get("managedFields") or ()]
    more = tuple(more)
    theirs = [entry for entry in entries if _is_theirs(entry, more)]
    if not theirs:
        return None
    own = next((entry for entry in entries if _is_ours(entry) and entry.get("apiVersion") == api_version), None)
    fields: Fields = dict((own or {}).get("fieldsV1") or {})
    same = [entry for entry in theirs if entry.get("apiVersion") == api_version] or theirs[-1:]
    for entry in same:
        fields = union(fields, entry.get("fieldsV1") or {})
    merged = {
        "manager": MANAGER,
        "operation": "Apply",
        "apiVersion": api_version if own or same[0].get("apiVersion") == api_version else same[0].get("apiVersion"),
        "time": (own or same[-1]).get("time"),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    rest = [entry for entry in entries if entry not in theirs and entry is not own]
    managers = tuple(dict.fromkeys(str(entry.get("manager")) for entry in theirs))
    return Takeover(managers, (merged, *rest), fields, str(metadata(live).get("resourceVersion") or ""))


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return entry.get("manager") == MANAGER and entry.get("operation") == "Apply" and not entry.get("subresource")


def _is_theirs(entry: Mapping[str, Any], more: tuple[str, ...]) -> bool:
    """Also our own name with another operation: what was created or patched under it was not applied."""
    if entry.get("subresource"):
        return False
    manager = str(entry.get("manager"))
    return (manager == MANAGER and entry.get("operation") == "Update") or is_applier(manager, more)


def union(one: Fields, other: Fields) -> dict[str, Any]:
    """The fields of both."""
    found: dict[str, Any] = copy.deepcopy(dict(one))
    for name, inside in other.items():
        found[name] = union(found.get(name) or {}, inside or {})
    return found


HEADS = re.compile(
    r"conflicts? with (?P<manager>\"(?:[^\"\\]|\\.)*\")(?: with subresource (?P<subresource>\"[^\"]*\"))?(?: using (?P<version>[^\s:]+))?"
    r"(?: at (?P<time>[0-9T:.+-]+Z?))?: ?(?P<fields>(?:\n- [^\n]+)+|\.[^\n]+)"
)
"""How the API writes conflicts (k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go)."""


@dataclass(frozen=True)
class FieldConflict:
    """A manager, the subresource that it writes (often empty), and the fields that it owns and we want to set."""

    manager: str
    subresource: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.fields)} belong{'s' if len(self.fields) == 1 else ''} to {self.manager}"


def conflicts_in(text: str) -> list[FieldConflict]:
    """The conflicts in the message of a refused apply; an empty list if it was refused for another reason."""
    if "Apply failed with" not in text:
        return []
    found = []
    for match in HEADS.finditer(text):
        fields = tuple(line.removeprefix("- ").strip().lstrip(".") for line in match["fields"].split("\n") if line.strip(" -"))
        subresource = (match["subresource"] or "").strip('"')
        found.append(FieldConflict(match["manager"].strip('"'), subresource, fields))
    return found


def may_force(conflicts: Sequence[FieldConflict], more: Iterable[str] = ()) -> bool:
    """Whether all of these fields may be taken from their managers. What an autoscaler has set never is.

    ``kubectl scale`` and ``kubectl edit`` are a person's: what the manifest says is meant to replace them.
    """
    more = tuple(more)
    return bool(conflicts) and all(
        one.manager in more or (APPLIERS.fullmatch(one.manager) is not None and one.manager != CONTROLLER) for one in conflicts
    )


def refusal(conflicts: Sequence[FieldConflict]) -> str:
    """The sentence for conflicts with managers whose fields are not taken over."""
    if any(one.manager == CONTROLLER and one.subresource == SCALE for one in conflicts):
        return (
            "spec.replicas belongs to a HorizontalPodAutoscaler (kube-controller-manager, subresource scale): leave replicas out of the "
            "manifest, or delete the autoscaler"
        )
    managers = ", ".join(dict.fromkeys(one.manager for one in conflicts))
    return (
        f"{'; '.join(map(str, conflicts))}, which is not one of the tools whose objects are taken over. Leave the fields out of the "
        f"manifest, or name {managers} in take_over"
    )


def owns_replicas(live: Obj, fields: Fields | None = None) -> bool:
    """Whether we have applied spec.replicas. ``fields``: what we will own after a takeover."""
    found = fields if fields is not None else owned_fields(live, str(live.get("apiVersion")))
    return "f:replicas" in ((found or {}).get("f:spec") or {})
