# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks of complete tag sets, which combine several settings: names that differ only in case, and too many tags. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..inputs.tags import MOST, doubles, doubles_remedy
from ..reconcile.model import Kind, Observed, Resource

OWNER_TAGS = 3
"""What marks a resource as ours."""

OF_EKS = 5
"""The tags that EKS adds to the instances of a node group: its own two, two of the cluster autoscaler, and the cluster's."""

AWS_TAGS = "aws:"
"""Tags of AWS itself do not count."""


def tag_set_problems(desired: Sequence[Resource], observed: Sequence[Observed], kinds: Mapping[str, Kind]) -> list[str]:
    """Problems with the tags of these resources, one sentence each, with the first resource affected."""
    there = {seen.address: seen for seen in observed}
    found: dict[str, list[str]] = {}
    for resource in desired:
        for problem in _of_resource(resource, there.get(resource.address), kinds[resource.kind]):
            found.setdefault(problem, []).append(resource.address)
    return [f"the tags of {_shown(addresses)}: {problem}" for problem, addresses in found.items()]


def _shown(addresses: Sequence[str]) -> str:
    more = len(addresses) - 1
    return addresses[0] + (f" and {more} more" if more else "")


def _of_resource(resource: Resource, seen: Observed | None, kind: Kind) -> Iterator[str]:
    tags = resource.properties.get("tags")
    if isinstance(tags, Mapping):
        wanted = kind.properties["tags"].target(tags, seen.properties.get("tags") if seen else None)
        yield from _of_set([name for name in wanted if not name.startswith(AWS_TAGS)], OWNER_TAGS)
    for names in _specified(resource.properties.get("data")):
        yield from _of_set(names, OF_EKS)


def _specified(data: Any) -> Iterator[list[str]]:
    """The names of the tags that a launch template adds to what it launches."""
    for entry in data.get("TagSpecifications", ()) if isinstance(data, Mapping) else ():
        yield [str(tag["Key"]) for tag in entry["Tags"]]


def _of_set(names: Collection[str], others: int) -> Iterable[str]:
    for same in doubles(names):
        yield f"{doubles_remedy(same)}, in platform_tags or in the tags of the component"
    if len(names) + others > MOST:
        yield f"they are {len(names) + others} with {others} that are added, and AWS allows {MOST}; take some out"
