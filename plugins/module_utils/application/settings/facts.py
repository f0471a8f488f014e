# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What surrounds an application: its name, its namespace, its cluster, its release. Values of AWS may be known only after an apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...reconcile.model import UNKNOWN, is_unknown


@dataclass(frozen=True)
class Cluster:
    """The cluster that an application runs in.

    ``fargate``: the application's pods run on Fargate, not on nodes. ``version``: such as "1.36".
    """

    name: str = UNKNOWN
    version: str = UNKNOWN
    region: str = ""
    fargate: bool = False
    node_architectures: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Cluster:
        known = given or {}
        return cls(
            name=str(known.get("name") or UNKNOWN),
            version=str(known.get("version") or UNKNOWN),
            region=str(known.get("region") or ""),
            fargate=bool(known.get("fargate")),
            node_architectures=tuple(map(str, known.get("node_architectures") or ())),
        )

    def is_older_than(self, minor: int) -> bool:
        """Whether the version is known and below 1.<minor>."""
        number = self.version.removeprefix("1.").partition(".")[0]
        return not is_unknown(self.version) and number.isdigit() and int(number) < minor


@dataclass(frozen=True)
class Facts:
    """One release of one application.

    ``name``: of the component. ``images``: digests by reference. ``registry``: host of the registry that completes images without one.
    ``prefix``: what the names of variables begin with in messages.
    """

    name: str
    namespace: str
    version: str = ""
    environment: str = ""
    registry: str = ""
    prefix: str = ""
    cluster: Cluster = field(default_factory=Cluster)
    images: Mapping[str, str] = field(default_factory=dict)

    @property
    def kubernetes_name(self) -> str:
        """The name of the application's own objects."""
        return kubernetes_name(self.name)


def kubernetes_name(component: str) -> str:
    """Underscores, which components may have, are invalid in Kubernetes."""
    return component.replace("_", "-").rstrip("-")
