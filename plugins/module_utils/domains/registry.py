# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every domain of the collection. A new one is named here; all else that concerns it follows from its registration."""

from __future__ import annotations

from collections.abc import Iterable

from ..component.registration import Details, Registration
from .cluster_content.registration import REGISTRATION as CLUSTER_CONTENT
from .eks.registration import REGISTRATION as EKS
from .network.registration import REGISTRATION as NETWORK

DOMAINS: tuple[Registration, ...] = (NETWORK, EKS, CLUSTER_CONTENT)
"""In the order in which a person reads about them: what others stand on first."""

SHARED = ("kms_key", "iam_role", "log_group")
"""Kinds of many domains that others stand on."""


def roles() -> tuple[str, ...]:
    """The roles of the collection that build something, which are also the names of groups of hosts."""
    return tuple(dict.fromkeys(one.role for one in DOMAINS))


def details_of(wanted: Iterable[str]) -> list[Details]:
    """What the domains of these roles are made of."""
    names = set(wanted)
    return [one.details for one in DOMAINS if one.role in names]


def order_of_kinds() -> tuple[str, ...]:
    """The names of all kinds in the order of a summary."""
    return tuple(dict.fromkeys((*SHARED, *(name for one in DOMAINS for name in one.order))))
