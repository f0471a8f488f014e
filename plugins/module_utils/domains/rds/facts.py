# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS answered, and what exists: the input of every judgment. Pure values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...reconcile.model import Observed
from .settings.instance import Instance
from .settings.versions import Support, matching


@dataclass(frozen=True)
class Subnet:
    id: str
    vpc_id: str
    availability_zone: str


@dataclass(frozen=True)
class Key:
    arn: str
    state: str
    spec: str


@dataclass(frozen=True)
class AwsFacts:
    """``versions``: version -> its entry in DescribeDBEngineVersions. ``options``: (described version, class) -> entries of
    DescribeOrderableDBInstanceOptions. Both hold only what was asked about (settled.py). ``parameters``: family -> parameter -> its entry
    in the defaults, for wanted ones. ``subnets`` and ``keys`` hold only those that exist.
    """

    versions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    support: Mapping[str, Support] = field(default_factory=dict)
    options: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    keys: Mapping[str, Key] = field(default_factory=dict)
    observed: tuple[Observed, ...] = ()

    def of(self, address: str) -> Observed | None:
        return next((seen for seen in self.observed if seen.address == address and seen.state in ("ready", "pending")), None)

    def newest(self, version: str) -> str:
        """The version to request for a described one: its newest minor version for a major one."""
        found = matching(version, self.versions)
        return found[-1] if found else version

    def is_static(self, family: str, parameter: str) -> bool:
        """Whether a parameter takes effect only after a restart."""
        return self.parameters.get(family, {}).get(parameter, {}).get("ApplyType") == "static"

    def unlike_defaults(self, family: str, parameters: Mapping[str, str]) -> dict[str, str]:
        """The parameters whose value is not the engine's default. RDS accepts the others and does not describe them as set by a user, so a
        group that has them would change in every run.
        """
        defaults = self.parameters.get(family, {})
        return {name: value for name, value in parameters.items() if defaults.get(name, {}).get("ParameterValue") != value}

    def vpc_of(self, one: Instance) -> str:
        """The VPC of an instance's subnets; empty if it cannot be determined."""
        return next((self.subnets[subnet].vpc_id for subnet in one.subnet_ids if subnet in self.subnets), "")
