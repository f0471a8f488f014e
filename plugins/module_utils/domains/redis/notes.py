# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a plan says beside its actions: until when a version is supported, what others control, and what a step leaves open. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...reconcile.model import Observed
from .settings.access import ACCEPT
from .settings.cache import OFF, PREFERRED, UNENCRYPTED, Cache
from .settings.versions import EXTENDED_PRICE, SUPPORT_ENDS, VALKEY, major_of, number, reached

GLOBAL = (
    "it is a member of the Global Datastore {name}, which alone decides its engine, version, parameter group, node type, shards and "
    "failover; they are left to it"
)


def notes(caches: Mapping[str, Cache], observed: Sequence[Observed]) -> list[str]:
    there = {seen.address: seen for seen in observed}
    return [f"{name}: {text}" for name, one in sorted(caches.items()) for text in of_cache(one, there.get(f"replication_group.{name}"))]


def of_cache(one: Cache, present: Observed | None) -> Iterator[str]:
    end = SUPPORT_ENDS.get((one.engine, major_of(one.version)))
    if end:
        yield (
            f"standard support of {one.engine} {major_of(one.version)} ends on {end}, and extended support then adds {EXTENDED_PRICE}; "
            f"{VALKEY} is its successor, reached in place"
        )
    if one.tls == PREFERRED:
        yield "clients without TLS are let in; set tls: required when all of them use it"
    elif one.tls == OFF:
        yield "it has no TLS: data crosses the network in plain text"
    if one.at_rest == UNENCRYPTED:
        yield "its data and snapshots are not encrypted at rest, which only another cache can be, created with restore_from"
    if present is None:
        return
    if name := present.attributes.get("global_group"):
        yield GLOBAL.format(name=name)
        return
    version = str(present.properties.get("engine_version") or "")
    if version and present.properties.get("engine") == one.engine and left_alone(one.version, version):
        yield f"it runs {one.engine} {version}, later than {one.path}.version; AWS's own upgrades are left alone"
    if (present.properties.get("login") or {}).get("previous") == ACCEPT and one.access.token.previous == ACCEPT:
        yield (
            "the token before the present one is still accepted; when all clients have the new one, set token.previous: refuse to have it "
            "refused"
        )


def left_alone(wanted: str, present: str) -> bool:
    """Whether a later minor version than the described one runs."""
    return "." in wanted and reached(wanted, present) and number(wanted) != number(present)
