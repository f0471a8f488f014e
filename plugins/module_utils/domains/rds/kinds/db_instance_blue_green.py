# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a blue/green deployment by somebody else does to an instance of ours. Pure functions over replies of RDS.

A deployment makes a copy named ``<name>-green-<six letters>``. A switchover gives the copy the name of the original, which becomes
``<name>-old<number>``; the copies carry the original's tags. The name is what applications use, so the instance that has it is ours,
whatever its resource id; the other one is left alone until a person deletes it. Upgrading by blue/green is not done by this collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BESIDE = re.compile(r"^(?P<name>.+)-(?:old\d+|green-[a-z0-9]{6})$")


def original(identifier: str) -> str:
    """The name of the instance beside which a blue/green deployment put this one; empty if the name does not say so."""
    found = BESIDE.match(identifier)
    return found["name"] if found else ""


def beside(raws: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The instances that deployments put beside others: identifier of the original -> their identifiers."""
    there = {str(raw["DBInstanceIdentifier"]) for raw in raws}
    found: dict[str, list[str]] = {}
    for name in sorted(there):
        if original(name) in there:
            found.setdefault(original(name), []).append(name)
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
