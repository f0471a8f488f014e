# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kinds whose resources may live in another region than the component's.

A kind declares ``elsewhere = True``. It then has the property ``region``, which is absent for a resource in the component's own region. Its
methods still concern one region: each is called with a connection to the region of the resource, and ``find`` in all regions of the call at
once. ``region`` is never sent; a resource whose region changes is replaced.

A component without further regions makes the same calls as before: its connection knows one region.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

from ..reconcile.model import Kind, Observed, Resource, fixed
from ..reconcile.pool import Pool
from .connection import Aws

REGION = "region"

Method = Callable[..., Any]


def install(kind: type) -> None:
    """Add the property, and make each method of a kind's interface find the region that it concerns."""
    if not hasattr(kind, REGION):
        setattr(kind, REGION, fixed())
    for name, dispatch in METHODS.items():
        method = getattr(kind, name, None)
        if method is not None and not hasattr(method, "in_regions"):
            wrapped = wraps(method)(dispatch(method))
            wrapped.in_regions = True  # type: ignore[attr-defined]
            setattr(kind, name, wrapped)


def region_of(seen: Observed) -> str:
    """The region of a resource; empty for the component's own."""
    return str(seen.properties.get(REGION) or "")


def with_region(aws: Aws, seen: Observed) -> Observed:
    """The resource with its region, if that is not the component's own or the address is to say it in any case."""
    if aws.region != aws.home or seen.address in aws.at_home:
        return seen.changed({REGION: aws.region})
    return seen if REGION not in seen.properties else replace(seen, properties=_plain(seen.properties))


def moved_home(aws: Aws, kinds: Mapping[str, Kind], desired: Sequence[Resource], observed: Collection[Observed]) -> Sequence[Resource]:
    """The desired resources; those that exist in another region and are now to live in the component's own say so.

    An absent property is not compared, so that they would stay where they are.
    """
    away = {seen.address for seen in observed if region_of(seen)}
    here = (one for one in desired if one.address in away and not one.properties.get(REGION))
    home = {one.address for one in here if REGION in kinds[one.kind].properties}
    if not home:
        return desired
    aws.at_home.update(home)
    return [replace(one, properties={**one.properties, REGION: aws.home}) if one.address in home else one for one in desired]


def everywhere(aws: Aws, ask: Callable[[Aws], list[Any]]) -> list[Any]:
    """The answers of all regions of the call, asked at once."""
    here, *further = aws.regions
    if not further:
        return ask(aws)
    with Pool(max_workers=len(further), thread_name_prefix="region") as pool:
        others = [pool.submit(ask, aws.in_region(region)) for region in further]
        own = ask(aws.in_region(here))
    return [*own, *(one for other in others for one in other.result())]


def _plain(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name != REGION}


def _found(method: Method) -> Method:
    """``find(aws)``: every region's own, and where each is."""

    def find(self: Any, aws: Aws) -> list[Observed]:
        return everywhere(aws, lambda there: [with_region(there, seen) for seen in method(self, there)])

    return find


def _listed(method: Method) -> Method:
    """A method that lists something that is no resource of ours."""

    def listed(self: Any, aws: Aws, *arguments: Any) -> list[Any]:
        return everywhere(aws, lambda there: list(method(self, there, *arguments)))

    return listed


def _made(method: Method) -> Method:
    """``create(aws, address, properties, token)``"""

    def create(self: Any, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        there = aws.in_region(properties.get(REGION) or aws.region)
        return with_region(there, method(self, there, address, _plain(properties), token))

    return create


def _of_seen(method: Method) -> Method:
    """A method of an observed resource: ``update``, ``delete``, ``claim``, ``read``."""

    def act(self: Any, aws: Aws, seen: Observed, *arguments: Any) -> Any:
        there = aws.in_region(region_of(seen) or aws.region)
        found = method(self, there, seen, *arguments)
        return with_region(there, found) if isinstance(found, Observed) else found

    return act


def _looked_up(method: Method) -> Method:
    """``look_up(aws, identifier, address)``: in the region of an ARN, otherwise in all, the component's own first."""

    def look_up(self: Any, aws: Aws, identifier: str, address: str) -> Observed | None:
        parts = identifier.split(":")
        named = parts[3] if identifier.startswith("arn:") and len(parts) > 5 else ""
        for region in aws.regions:
            if named in ("", region):
                there = aws.in_region(region)
                seen: Observed | None = method(self, there, identifier, address)
                if seen is not None:
                    return with_region(there, seen)
        return None

    return look_up


def _held(method: Method) -> Method:
    """``holder(aws, properties)``"""

    def holder(self: Any, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        there = aws.in_region(properties.get(REGION) or aws.region)
        seen: Observed | None = method(self, there, _plain(properties))
        return with_region(there, seen) if seen is not None else None

    return holder


METHODS: Mapping[str, Callable[[Method], Method]] = {
    "find": _found,
    "find_unmarked": _listed,
    "create": _made,
    "update": _of_seen,
    "delete": _of_seen,
    "claim": _of_seen,
    "read": _of_seen,
    "look_up": _looked_up,
    "holder": _held,
}
