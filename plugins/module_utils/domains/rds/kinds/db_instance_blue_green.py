# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How another party's blue/green deployment affects an instance of ours. Pure functions over replies of RDS.

A deployment makes a copy named ``<name>-green-<six letters>``. A switchover gives the copy the name of the original, which becomes
``<name>-old<number>``; the copies carry the original's tags. The name is what applications use, so the instance that has it is ours,
whatever its resource id; the other one is left alone until a person deletes it. Upgrading by blue/green is not done by this collection.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ....aws.owner import TAG_PREFIX
from ....aws.tags import tag_dict

IDENTIFIER = f"{TAG_PREFIX}identifier"
"""The tag that an instance gets in its create call: its own name."""

BESIDE = re.compile(r"^(?P<name>.+)-(?:old\d+|green-[a-z0-9]{6})$")


def original(identifier: str, tags: Mapping[str, str], there: Collection[str]) -> str:
    """The name of the instance beside which a blue/green deployment put this one; empty if it is no such one.

    Its tags are copies, so they say what the original is called, even when that has been deleted. An adopted instance has no such tag;
    there the names decide, ``there`` being those that exist.
    """
    if IDENTIFIER in tags:
        return tags[IDENTIFIER] if tags[IDENTIFIER] != identifier else ""
    found = BESIDE.match(identifier)
    return found["name"] if found and found["name"] in there else ""


def beside(raws: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The instances that deployments put beside others: identifier of the original -> their identifiers."""
    tags = {str(raw["DBInstanceIdentifier"]): tag_dict(raw.get("TagList")) for raw in raws}
    found: dict[str, list[str]] = {}
    for name in sorted(tags):
        if first := original(name, tags[name], tags):
            found.setdefault(first, []).append(name)
    return found


def note(identifier: str, others: Iterable[str]) -> str:
    """What to say about an instance with others beside it; empty if there are none."""
    names = ", ".join(others)
    if not names:
        return ""
    return (
        f"a blue/green deployment left {names} beside it, with copies of this component's tags: {identifier} is managed, the other is left "
        "alone. Delete it yourself when it is no longer needed."
    )


def switched_note(identifier: str, resource_id: str, snapshots: Iterable[Mapping[str, Any]]) -> str:
    """What to say if backups of this name belong to an earlier instance, as after a switchover; empty if there are none.

    ``snapshots``: replies of DescribeDBSnapshots or DescribeDBInstanceAutomatedBackups.
    """
    former = {str(one["DbiResourceId"]) for one in snapshots if one.get("DBInstanceIdentifier") == identifier and one.get("DbiResourceId")}
    former.discard(resource_id)
    if not former:
        return ""
    return (
        f"{identifier} is now {resource_id}; earlier backups of this name belong to {', '.join(sorted(former))} (a blue/green switchover, "
        "or an instance deleted earlier). It cannot be restored to a point in time before its own first backup."
    )
