# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is refused because of what exists, or what AWS answered. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...reconcile.model import Observed
from .kinds.replication_group_base import GROUP_OWNED
from .settings.access import NONE
from .settings.cache import OFF, PREFERRED, REQUIRED, Cache
from .settings.topology import COMPATIBLE, DISABLED, ENABLED
from .settings.upkeep import LATEST_FINAL
from .settings.versions import REDIS, VALKEY, major_of, number, reached

ALLOWED: Mapping[tuple[str, str], str] = {
    (OFF, PREFERRED): "",
    (PREFERRED, REQUIRED): "",
    (REQUIRED, PREFERRED): "",
    (PREFERRED, OFF): "",
    (OFF, REQUIRED): (
        "the cache has no TLS, and all its clients would lose it at once; set tls: preferred first (and auth: none), apply, let every "
        "client use TLS, and set tls: required then"
    ),
    (REQUIRED, OFF): "the cache requires TLS; set tls: preferred and auth: none first, apply, and set tls: off then",
}
"""(present, wanted) -> why that is not one step; empty if it is."""

MODES: Mapping[tuple[str, str], str] = {
    (DISABLED, COMPATIBLE): "",
    (COMPATIBLE, ENABLED): "",
    (COMPATIBLE, DISABLED): "",
    (DISABLED, ENABLED): (
        "clients without the cluster protocol would lose the cache at once; set cluster_mode: compatible first, apply, let every client "
        "use the cluster protocol, and set enabled then"
    ),
}
"""The same for cluster_mode. There is no way back from enabled."""

NO_WAY_BACK = "ElastiCache has no way back from cluster mode; describe another cache, move the clients, and remove this one"


def objections(
    caches: Mapping[str, Cache], observed: Sequence[Observed], answers: Mapping[str, Any], may_upgrade: Callable[[str], bool]
) -> list[str]:
    """One sentence for each reason to refuse the run. ``answers``: of questions.py."""
    there = {seen.address: seen for seen in observed if seen.state in ("ready", "pending")}
    found: list[str] = []
    for name in sorted(caches):
        one, present = caches[name], there.get(f"replication_group.{name}")
        found += token_problems(one, answers.get("tokens") or {})
        found += of_present(one, present, may_upgrade(name)) if present else of_snapshot(one, answers.get("snapshots") or {})
    return found


def of_present(one: Cache, present: Observed, consent: bool) -> Iterator[str]:
    has = present.properties
    yield from of_version(one, str(has.get("engine") or ""), str(has.get("engine_version") or ""), consent)
    tls = (str(has.get("transit_encryption") or ""), one.tls)
    if why := ALLOWED.get(tls, ""):
        yield f"{one.path}.tls is '{one.tls}', but {why}"
    mode = (str(has.get("cluster_mode") or ""), one.topology.mode)
    if mode[0] and mode[0] != mode[1] and (why := MODES.get(mode, NO_WAY_BACK)):
        yield f"{one.path}.cluster_mode is '{one.topology.mode}', but it is {mode[0]} now, and {why}"
    if one.access.form == NONE and "secret_arn" in (has.get("login") or {}):
        yield f"{one.path}.auth is 'none', but ElastiCache takes a token away only for users in its place; set auth: users"


def of_version(one: Cache, engine: str, version: str, consent: bool) -> Iterator[str]:
    """Engine and version only ever go up, and a step to another major version or engine needs consent."""
    if not version or GROUP_OWNED in (engine, version):
        return
    if (engine, one.engine) == (VALKEY, REDIS):
        yield f"{one.path}.engine is 'redis', but the cache runs Valkey {version}, and there is no way back to Redis; set engine: valkey"
    elif engine == one.engine and number(one.version)[:1] < number(version)[:1]:
        remedy = f'ElastiCache cannot lower it; set version: "{major_of(version)}"'
        yield f"{one.path}.version is '{one.version}', but the cache runs {engine} {version}, and {remedy}"
    elif is_step_up(one, engine, version) and not consent:
        yield (
            f"{one.path} would be upgraded from {engine} {version} to {one.engine} {one.version}, which cannot be undone; name {one.name} "
            "in redis_allow_upgrade (allow_upgrade of the module) for this run, or describe what runs now"
        )


def is_step_up(one: Cache, engine: str, version: str) -> bool:
    """Whether the described version is of another engine or of a later major version."""
    return engine != one.engine or (not reached(one.version, version) and number(one.version)[:1] > number(version)[:1])


def token_problems(one: Cache, tokens: Mapping[str, Any]) -> Iterator[str]:
    """Secrets whose value ElastiCache would refuse."""
    for secret, problem in (tokens.get(one.name) or {}).get("problems", {}).items():
        yield f"{one.path}: the value of the secret {secret} cannot be used to log in: {problem}; store another value, or rotate it"


def of_snapshot(one: Cache, snapshots: Mapping[str, str | None]) -> Iterator[str]:
    if one.restore_from and one.name in snapshots and not snapshots[one.name]:
        what = f"no final snapshot of {one.identifier} exists" if one.restore_from == LATEST_FINAL else "there is no such snapshot"
        yield f"{one.path}.restore_from is '{one.restore_from}', but {what}; name one that exists, or remove it for an empty cache"
