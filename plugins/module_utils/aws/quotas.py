# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What kinds declare of the quotas that they use up. component/quotas.py decides, component/quota_reads.py asks AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PAGES = {"PageSize": 1000}
"""Large pages, and pages at all: EC2 counts unpaginated lists against a smaller allowance."""

REGION = ""
"""The scope of a quota that counts everything in the region."""


def filtered(name: str, values: Sequence[str]) -> list[dict[str, Any]]:
    """One filter of a list call of EC2."""
    return [{"Name": name, "Values": list(values)}]


def one(_properties: Mapping[str, Any]) -> int:
    return 1


@dataclass(frozen=True)
class Quota:
    """A quota as AWS's Service Quotas calls it, ``name`` as people do; ``default`` is what AWS publishes."""

    service: str
    code: str
    name: str
    default: int

    def identity(self) -> tuple[str, str]:
        return self.service, self.code


@dataclass(frozen=True)
class Count(Quota):
    """How many there may be.

    ``takes``: how many one resource uses up, from its properties as the user gave them; 0 where the quota is not about it.
    ``per``: the property that says in which scope it counts, or the way to it: ``("subnet_id", "availability_zone")`` is the zone of the
    subnet that it refers to. Without it everything in the region counts together.
    ``used``: how many there are in the account, ours or not, by scope, given the scopes asked about; calls AWS.
    """

    used: Callable[[Any, Sequence[str]], Mapping[str, int]] = field(compare=False, repr=False)
    takes: Callable[[Mapping[str, Any]], int] = field(default=one, compare=False, repr=False)
    per: tuple[str, ...] = ()


@dataclass(frozen=True)
class Size(Quota):
    """How long one property of one resource may be. ``size`` measures the longest that it gets on the way from one value to another."""

    property: str
    size: Callable[[Any, Any], int] = field(compare=False, repr=False)
