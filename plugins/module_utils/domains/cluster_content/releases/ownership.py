# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which objects really belong to a release. Pure functions.

A record and its labels prove nothing: anyone who may write Secrets in one namespace can write a record that names any object in the
cluster, and Helm deletes the objects in a record with the permissions of its user. But Helm marks every object that it creates with the
release's name and namespace (pkg/action/validate.go), and marking an object requires permission to change it. So an object belongs to the
release whose marks it carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....cluster_objects.ready import Key
from .record import Release

RELEASE_NAME = "meta.helm.sh/release-name"
RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"

SHOWN = 20
"""How many objects a message names; the plan's object list has all of them."""


def marked_for(live: Mapping[str, Any], release: Release) -> bool:
    """Whether an object in the cluster carries Helm's marks of this release."""
    annotations = (live.get("metadata") or {}).get("annotations") or {}
    return bool(annotations.get(RELEASE_NAME) == release.name and annotations.get(RELEASE_NAMESPACE) == release.namespace)


def place(key: Key) -> str:
    """Such as ``Deployment kube-system/coredns``, or ``ClusterRole admin``."""
    _api_version, kind, namespace, name = key
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def guard(foreign: Sequence[str], hooks: Iterable[str]) -> str:
    """Why a release may be removed only with consent that names it exactly; empty if it contains only its own objects."""
    reasons = []
    if foreign:
        reasons.append(f"its record also names objects that are not marked as this release's: {_listed(foreign)}")
    if created := sorted(set(hooks)):
        reasons.append(f"removing it creates objects, by its hooks: {_listed(created)}")
    return "; and ".join(reasons)


def _listed(places: Sequence[str]) -> str:
    more = len(places) - SHOWN
    return ", ".join(places[:SHOWN]) + (f" and {more} more" if more > 0 else "")
