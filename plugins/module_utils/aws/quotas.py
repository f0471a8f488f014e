# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How kinds declare the quotas that they use. component/quotas.py decides, component/quota_reads.py queries AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PAGES = {"PageSize": 1000}
"""Large pages, and pagination at all, because EC2 counts unpaginated lists against a smaller allowance."""

REGION = ""
"""The scope of a quota that counts everything in the region."""


def filtered(name: str, values: Sequence[str]) -> list[dict[str, Any]]:
    """One filter for an EC2 list call."""
    return [{"Name": name, "Values": list(values)}]


def one(_properties: Mapping[str, Any]) -> int:
    return 1


def no_lists(_before: Any, _after: Any) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Quota:
    """A quota under its code in AWS's Service Quotas, with its everyday ``name``; ``default`` is the value that AWS publishes."""

    service: str
    code: str
    name: str
    default: int

    def identity(self) -> tuple[str, str]:
        return self.service, self.code


@dataclass(frozen=True)
class Count(Quota):
    """How many resources may exist.

    ``takes``: how many one resource uses, computed from its properties as the user gave them; 0 if the quota does not apply to it.
    ``per``: the property that gives the scope of the count, or the path to it: ``("subnet_id", "availability_zone")`` is the zone of the
    subnet that the resource refers to. Without it, everything in the region counts together.
    ``used``: how many exist in the account, ours or not, by scope, for the scopes asked about; calls AWS.
    """

    used: Callable[[Any, Sequence[str]], Mapping[str, int]] = field(compare=False, repr=False)
    takes: Callable[[Mapping[str, Any]], int] = field(default=one, compare=False, repr=False)
    per: tuple[str, ...] = ()


@dataclass(frozen=True)
class Size(Quota):
    """How long one property of one resource may be. ``size`` measures its greatest length during a change from one value to another.

    ``lists``: the prefix lists among what ``size`` counts, each as often as it occurs. AWS counts as many entries as a list may hold.
    """

    property: str
    size: Callable[[Any, Any], int] = field(compare=False, repr=False)
    lists: Callable[[Any, Any], Sequence[str]] = field(default=no_lists, compare=False, repr=False)
