# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which of the rules that other controllers add to our security groups are kept. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

PEERS = {
    "cidr_ipv4": ("IpRanges", "CidrIp"),
    "cidr_ipv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefix_list_id": ("PrefixListIds", "PrefixListId"),
    "group_id": ("UserIdGroupPairs", "GroupId"),
}

Rule = Mapping[str, Any]

FOREIGN = "foreign"
"""The key of an entry among the desired rules that is not a rule: ``{"foreign": "elbv2.k8s.aws/"}`` means that rules whose description
begins with that text belong to another controller. They are left unchanged."""

OF_CLUSTERS = "mainstay.aws: "
"""How the description of a rule begins that a cluster of this collection has in the group of its nodes: it belongs to that cluster."""


def identity(rule: Rule) -> tuple[Any, ...]:
    """What makes two rules identical to AWS: everything but the description."""
    return tuple(rule.get(name) for name in ("protocol", "from_port", "to_port", *PEERS))


def with_foreign_rules(desired: Iterable[Rule], observed: Iterable[Rule] | None) -> list[Rule]:
    """The effective rules of a group: the desired ones, plus existing rules of other controllers.

    A rule that both want is kept as the other controller wrote it; otherwise, each would keep correcting the other's description.
    """
    entries = list(desired)
    prefixes = tuple(str(entry[FOREIGN]) for entry in entries if FOREIGN in entry)
    foreign = {identity(rule): rule for rule in observed or () if str(rule.get("description") or "").startswith(prefixes)}
    ours = [entry for entry in entries if FOREIGN not in entry and identity(entry) not in foreign]
    return [*ours, *foreign.values()]
