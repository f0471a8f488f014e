# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Quotas of kinds that several domains share. Codes and defaults are those of AWS's Service Quotas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..aws.quotas import Size

ALLOW_ALL = {"protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}
"""The egress rule of every new security group."""

Entries = Iterable[Mapping[str, Any]]


def rules_of_group(before: Entries | None, after: Entries) -> int:
    """The rules of one direction, in the address family with more: each has the full quota. Rules without an address count in both.

    New rules are added before old ones are removed, so that no traffic is cut in between.
    """
    listed = during(before, after)
    ipv4 = sum("cidr_ipv6" not in rule for rule in listed)
    return max(ipv4, sum("cidr_ipv4" not in rule for rule in listed))


def during(before: Entries | None, after: Entries) -> list[Mapping[str, Any]]:
    """The rules that a group has at once during a change."""
    wanted = list(after)
    return [*wanted, *(rule for rule in before or () if rule not in wanted)]


def prefix_lists(before: Entries | None, after: Entries) -> list[str]:
    """The prefix lists that rules name. A rule counts as many times as its list may have entries (Amazon VPC User Guide, prefix lists)."""
    return [str(rule["prefix_list_id"]) for rule in during(before, after) if rule.get("prefix_list_id")]


def egress_of_group(before: Entries | None, after: Entries) -> int:
    """A new group allows all egress until its own rules are set."""
    return rules_of_group([ALLOW_ALL] if before is None else before, after)


INGRESS_RULES = Size("vpc", "L-0EA8095F", "rules of a security group", 60, "ingress", rules_of_group, prefix_lists)
EGRESS_RULES = Size("vpc", "L-0EA8095F", "rules of a security group", 60, "egress", egress_of_group, prefix_lists)
