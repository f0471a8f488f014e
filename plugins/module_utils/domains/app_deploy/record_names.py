# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which records an application may change in the zones of others, for policies. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.grants import Conditions, Names, Scope
from ..dns.permissions import RECORD_NAMES
from ..dns.records.domain_names import is_host, normal
from ..dns.records.register import register_name


def names(ingress: Any, _environment: str, _component: str) -> Names:
    """The host names of an application. The zones that they are in are not known beforehand."""
    hosts = ingress.get("hosts") if isinstance(ingress, Mapping) else None
    if not isinstance(hosts, Mapping):
        return Names()
    return Names(records=tuple(sorted({normal(host) for host in hosts if isinstance(host, str) and is_host(host.removeprefix("*."))})))


def of_our_hosts(scope: Scope) -> Conditions | None:
    """All records of the call are of host names in the inventory, or registers of ours, in whatever zone. Route 53 compares the octal
    form of an asterisk. Without the second condition, a call without the key would meet the first one.
    """
    if not scope.names.records:
        return None
    registers = register_name(scope.place.owner, "*") if scope.place.component else f"_mainstay.*.{scope.place.environment}.*"
    compared = [name.replace("*", r"\052") for name in scope.names.records]
    return {"ForAllValues:StringLike": {RECORD_NAMES: [*compared, registers]}, "Null": {RECORD_NAMES: "false"}}
