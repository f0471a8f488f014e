# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How tightly an IAM action can be restricted: the vocabulary of the permission tables that accompany kinds and domains.

A table (``Permissions``) gives, for every action, the resources and conditions for which it is allowed. Resources are ARNs with the fields
of ``Scope.fields`` in braces, or one field of ``Names``, which stands for each of these names; conditions are functions of the scope.
AWS's Service Authorization Reference defines what AWS checks an action against; it is the source of the tables unless they name another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from .owner import TAG_PREFIX
from .place import Place

Conditions = dict[str, dict[str, Any]]
"""The ``Condition`` of a statement: operator -> key -> value."""


@dataclass(frozen=True)
class Names:
    """What the inventory names in AWS, so that a policy can be limited to it: resources that carry no mark yet, or never will.

    ``clusters``: in EKS. ``networks``: in addresses. ``subnets``, ``security_groups``: IDs assigned to clusters, regardless of owner.
    ``domains``: of hosted zones. ``records``: names of records in zones of others. ``buckets``: in S3, or patterns of their names.
    ``allocations``, ``address_names``: IDs and Name tags of elastic IPs that NAT gateways use.
    ``regions``: the regions besides the component's own in which it has resources; only kinds that can live elsewhere may be used there.
    """

    clusters: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    allocations: tuple[str, ...] = ()
    address_names: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def __add__(self, other: Names) -> Names:
        both = {one.name: (*getattr(self, one.name), *getattr(other, one.name)) for one in fields(self)}
        return Names(**{name: tuple(sorted(set(values))) for name, values in both.items()})

    def as_fields(self) -> dict[str, tuple[str, ...]]:
        """By the field that stands for each of them in an ARN: ``{cluster}``. A region stands beside the component's own: Scope.regions."""
        return {one.name.removesuffix("s"): getattr(self, one.name) for one in fields(self) if one.name != "regions"}


@dataclass(frozen=True)
class Scope:
    """The resources that a policy covers: those of a component or, if the place names none, of its entire environment.

    The place's permissions boundary is the one that every role must have. ``attachable``: ARNs of the managed policies that roles may be
    given.
    ``creators``: the EC2 operations that may tag what they create. ``names``: what the inventory names.
    """

    place: Place
    attachable: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    names: Names = Names()

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """Values for the fields in the tables' ARNs. ``path`` starts names; ``within`` is the end of ``path``: ``network/``, or empty."""
        place = self.place
        return {
            "partition": place.partition,
            "region": place.region,
            "account_id": place.account_id,
            "environment": place.environment,
            "component": place.component or "*",
            "path": place.path,
            "within": f"{place.component}/" if place.component else "",
            "suffix": "amazonaws.com.cn" if place.partition == "aws-cn" else "amazonaws.com",
        }

    @property
    def regions(self) -> tuple[str, ...]:
        """The component's own region, and the further ones."""
        return tuple(dict.fromkeys((self.place.region, *self.names.regions)))

    def at_home(self) -> Scope:
        """The same without further regions."""
        return replace(self, names=replace(self.names, regions=()))

    def arns(self, resources: Iterable[str]) -> list[str]:
        """The ARNs for the resources of a grant: one for each region and name that it has a field for."""
        return [arn for resource in resources for arn in self._each(resource)]

    def _each(self, resource: str) -> list[str]:
        places = [{**self.fields, "region": region} for region in (self.regions if "{region}" in resource else self.regions[:1])]
        for field_name, values in self.names.as_fields().items():
            if f"{{{field_name}}}" in resource:
                return [resource.format_map({**place, field_name: value}) for place in places for value in values]
        return [resource.format_map(place) for place in places]

    def tags(self, kind: str, *, environment_only: bool = False) -> dict[str, str]:
        """The owner tags as condition keys. ``kind``: RequestTag or ResourceTag."""
        marks = self.place.owner.scope()
        wanted = [f"{TAG_PREFIX}environment"] if environment_only else list(marks)
        return {f"aws:{kind}/{name}": marks[name] for name in wanted}


Confine = Callable[[Scope], "Conditions | None"]
"""A condition for a scope; None if the action is not granted in it at all."""


@dataclass(frozen=True)
class Grant:
    """One way to allow an action: on these resources, if all of these conditions hold. Not allowed at all if there is no matching name."""

    resources: tuple[str, ...]
    conditions: tuple[Confine, ...] = ()


Table = Mapping[str, tuple[Grant, ...]]


@dataclass(frozen=True)
class Permissions:
    """A table: every action and its restrictions, reads separate from changes.

    ``together``: other actions that AWS checks along with an action, such as tagging for a create call with tags.
    """

    reads: Table = field(default_factory=dict)
    writes: Table = field(default_factory=dict)
    together: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def grants(self, action: str) -> tuple[Grant, ...]:
        return self.writes.get(action) or self.reads.get(action) or ()

    def needed_for(self, action: str) -> tuple[str, ...]:
        """The actions that AWS checks for a call: its own, and those that go with it."""
        return () if action in FREE else (action, *self.together.get(action, ()))


FREE = frozenset({"sts:GetCallerIdentity"})
"""Allowed for everyone; a policy cannot even deny it (STS API reference, GetCallerIdentity)."""


def merged(tables: Iterable[Permissions]) -> Permissions:
    """Merge several tables. An action in more than one table is allowed in the ways of each."""
    given = list(tables)
    return Permissions(
        _joined(table.reads for table in given), _joined(table.writes for table in given), _joined(table.together for table in given)
    )


def _joined(tables: Iterable[Mapping[str, tuple[Any, ...]]]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for table in tables:
        for name, items in table.items():
            have = found.get(name, ())
            found[name] = (*have, *(item for item in items if item not in have))
    return found


def each(service: str, names: str, *grants: Grant) -> dict[str, tuple[Grant, ...]]:
    """The same grants for several actions of a service; names are separated by white space."""
    return {f"{service}:{name}": grants for name in names.split()}


def arn(service: str, rest: str, *, region: str = "{region}", account_id: str = "{account_id}") -> str:
    return f"arn:{{partition}}:{service}:{region}:{account_id}:{rest}"


def iam(rest: str) -> str:
    """An ARN of IAM, which has no regions."""
    return arn("iam", rest, region="")


def typed(service: str, kind: str) -> str:
    """Every resource of a type in the region: ``typed("ec2", "subnet")``."""
    return arn(service, f"{kind}/*")


def equals(key: str, value: str | tuple[str, ...]) -> Confine:
    """The condition that a key has one of these values."""
    return lambda _scope: {"StringEquals": {key: value if isinstance(value, str) else list(value)}}


def tagged(key: str) -> Confine:
    """The condition that a resource has a tag, whatever its value."""
    return lambda _scope: {"Null": {f"aws:ResourceTag/{key}": "false"}}


def tagged_with(key: str, field: str) -> Confine:
    """The condition that a tag of the resource has one of the names: ``tagged_with("eks:cluster-name", "cluster")``."""

    def confine(scope: Scope) -> Conditions | None:
        names = scope.names.as_fields()[field]
        return {"StringEquals": {f"aws:ResourceTag/{key}": list(names)}} if names else None

    return confine


def in_region(scope: Scope) -> Conditions:
    return {"StringEquals": {"aws:RequestedRegion": scope.place.region if len(scope.regions) == 1 else list(scope.regions)}}


def request_marked(scope: Scope) -> Conditions:
    """The request gives the new resource our owner tags."""
    return {"StringEquals": scope.tags("RequestTag")}


def marked(scope: Scope) -> Conditions:
    """The resource carries our owner tags."""
    return {"StringEquals": scope.tags("ResourceTag")}


def marked_by_environment(scope: Scope) -> Conditions:
    """The resource carries the environment's tag, whichever component owns it."""
    return {"StringEquals": scope.tags("ResourceTag", environment_only=True)}


def keeps_mark(scope: Scope) -> Conditions:
    """A tagging request does not change our owner tags."""
    return {"StringEqualsIfExists": scope.tags("RequestTag")}


def not_others(scope: Scope) -> Conditions:
    """The resource carries no other owner's tags."""
    return {"StringEqualsIfExists": scope.tags("ResourceTag")}


def unmarked(_scope: Scope) -> Conditions:
    return {"Null": {f"aws:ResourceTag/{TAG_PREFIX}environment": "true"}}


REGIONAL = Grant(("*",), (in_region,))
"""For actions that AWS checks against no resource."""
GLOBAL = Grant(("*",))
"""The same, for a service without regions."""
