# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Shards and replicas: as numbers, or for each shard by its ID."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ....inputs.reader import Reader

DISABLED, COMPATIBLE, ENABLED = "disabled", "compatible", "enabled"
MODES = (DISABLED, COMPATIBLE, ENABLED)
SHARD_ID = re.compile(r"\d{4}")
MOST_SHARDS, MOST_REPLICAS = 500, 5
"""CreateReplicationGroup; more than 90 shards need an increased quota."""


@dataclass(frozen=True)
class Topology:
    """``shards``: how many, unless ``each`` has the number of replicas of each shard by its ID. ``replicas``: of every shard."""

    mode: str = DISABLED
    shards: int = 1
    replicas: int = 0
    each: Mapping[str, int] = field(default_factory=dict)

    @property
    def clustered(self) -> bool:
        """Whether clients may use the cluster protocol."""
        return self.mode != DISABLED

    @property
    def fewest(self) -> int:
        """The number of replicas of the shard that has the fewest."""
        return min(self.each.values(), default=self.replicas)

    def wanted(self, present: Iterable[str] = ()) -> dict[str, int]:
        """Shard ID -> number of replicas. ``present``: the IDs of existing shards, which stay as far as the number allows; the last ones
        go first.
        """
        if self.each:
            return dict(sorted(self.each.items()))
        kept = sorted(present)[: self.shards]
        free = (f"{position:04}" for position in range(1, MOST_SHARDS * 2) if f"{position:04}" not in kept)
        return dict.fromkeys([*kept, *(next(free) for dummy in range(self.shards - len(kept)))], self.replicas)


def read_topology(reader: Reader, usual_replicas: int) -> Topology:
    """``usual_replicas``: of a shard whose number is not given."""
    mode = read_mode(reader)
    replicas = reader.integer("replicas", usual_replicas, 0, MOST_REPLICAS)
    given = reader.given.get("shards")
    each: dict[str, int] = {}
    shards = 1
    if isinstance(given, Mapping):
        each = read_each(reader, replicas)
        shards = len(each) or 1
    else:
        shards = reader.integer("shards", 1, 1, MOST_SHARDS)
    if mode == DISABLED and (shards > 1 or len(each) > 1):
        reader.problems.add(
            reader.at("shards"), shards, "a group without cluster mode has one shard; set cluster_mode: enabled, or remove shards"
        )
    return Topology(mode, shards, replicas, each)


def read_mode(reader: Reader) -> str:
    """``true`` and ``false`` are accepted for the two usual modes."""
    value = reader.given.get("cluster_mode")
    if isinstance(value, bool):
        reader.take("cluster_mode")
        return ENABLED if value else DISABLED
    return reader.choice("cluster_mode", MODES, DISABLED)


def read_each(reader: Reader, replicas: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, given in reader.mapping("shards").items():
        path = f"{reader.at('shards')}.{name}"
        if not SHARD_ID.fullmatch(name):
            remedy = 'the ID of a shard has four digits, in quotes, such as "0001"'
            reader.problems.add(reader.at("shards"), name, remedy)
            continue
        own = Reader(given, path, reader.problems)
        found[name] = own.integer("replicas", replicas, 0, MOST_REPLICAS)
        own.finish()
    if not found and not reader.given.get("shards"):
        reader.problems.add(reader.at("shards"), {}, "it must be a number, or have an entry for each shard")
    return found


def paired(desired: Mapping[str, int] | None, observed: Mapping[str, int] | None) -> Mapping[str, int] | None:
    """The shards that a group should have. AWS chooses the IDs of shards that are added, so equally many are compared in their order."""
    if not desired or not observed or len(desired) != len(observed) or set(desired) == set(observed):
        return desired
    return dict(zip(sorted(observed), (desired[name] for name in sorted(desired)), strict=True))


def surplus(desired: Mapping[str, int], observed: Mapping[str, int]) -> list[str]:
    """The IDs of the shards to remove: those that are not described, the last ones first if there are too many of them."""
    number = len(observed) - len(desired)
    extra = sorted(name for name in observed if name not in desired)
    return sorted(extra[-number:]) if number > 0 else []


def is_uniform(shards: Mapping[str, int]) -> bool:
    return len(set(shards.values())) <= 1
