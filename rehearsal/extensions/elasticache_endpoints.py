"""The endpoints of replication groups and their host names."""

from __future__ import annotations

import hashlib
import re

from rehearsal.extensions.elasticache_record import ReplicationGroup

CONFIGURATION, PRIMARY, READER = "clustercfg", "master", "replica"
_DIRECTIONS = {"north": "n", "south": "s", "east": "e", "west": "w", "central": "c"}


def short_region(region: str) -> str:
    """`euw1` for eu-west-1, as in host names."""
    place, direction, number = region.rsplit("-", 2)
    short = "".join(_DIRECTIONS[part] for part in re.findall("north|south|east|west|central", direction))
    return f"{place.replace('-', '')}{short}{number}"


def host_name(group: ReplicationGroup, of: str) -> str:
    """The host name of an endpoint: of one of the three above, or of a node by its ID. With encryption in transit, names differ."""
    zone = hashlib.sha256(f"{group.account_id}/{group.region}".encode()).hexdigest()[:6]
    rest = f"{zone}.{short_region(group.region)}.cache.amazonaws.com"
    if group.encryption:
        return f"{of}.{group.id}.{rest}"
    if group.clustered:
        return f"{group.id}.{zone}.clustercfg.{short_region(group.region)}.cache.amazonaws.com" if of == CONFIGURATION else f"{of}.{rest}"
    plain = {PRIMARY: f"{group.id}.{zone}.ng.0001", READER: f"{group.id}-ro.{zone}.ng.0001"}.get(of, f"{of}.{zone}.0001")
    return f"{plain}.{short_region(group.region)}.cache.amazonaws.com"
