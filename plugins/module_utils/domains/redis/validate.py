# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All errors in caches that can be found before the first API call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component.names import PRODUCTION
from ...inputs.networks import Network
from ...inputs.problems import Problems
from ...reconcile.model import is_unknown
from .names import user_id
from .settings.access import DEFAULT_USER, IAM, NONE, USERS
from .settings.cache import IDENTIFIER_REMEDY, LONGEST_IDENTIFIER, OFF, PREFERRED, REQUIRED, Cache, is_identifier, read
from .settings.topology import DISABLED
from .settings.upkeep import ENGINE, overlapping
from .settings.versions import REDIS, number

ANYWHERE = Network()
LOGS_FROM: Mapping[str, tuple[int, int]] = {"slow-log": (6, 0), ENGINE: (6, 2)}
"""log -> the version of Redis from which it is delivered (ElastiCache User Guide, "Log delivery")."""


def validate(caches: Any, path: str = "caches", environment: str = "", network: Network = ANYWHERE) -> tuple[dict[str, Cache], list[str]]:
    """The caches that a user's mapping describes, and every problem with them.

    ``path`` is the variable that messages begin with; ``network`` is the network of caches that name none. The caches are usable only if
    there are no problems.
    """
    problems = Problems()
    found = read(caches, path, environment, network, problems)
    check_identifiers(found, problems)
    for one in found.values():
        check_place(one, problems)
        check_replicas(one, environment, problems)
        check_security(one, environment, problems)
        check_features(one, problems)
        if overlapping(one.snapshots, one.maintenance):
            remedy = "it overlaps with maintenance.window, which ElastiCache refuses; choose another hour for one of them"
            problems.add(f"{one.path}.snapshots.window", one.snapshots.window, remedy)
    return found, problems.messages


def check_identifiers(caches: Mapping[str, Cache], problems: Problems) -> None:
    taken: dict[str, str] = {}
    for one in caches.values():
        if not is_identifier(one.identifier):
            problems.add(f"{one.path}.identifier", one.identifier, IDENTIFIER_REMEDY)
        elif one.identifier in taken:
            remedy = f"{taken[one.identifier]} already has that identifier; choose another one for one of them"
            problems.add(f"{one.path}.identifier", one.identifier, remedy)
        taken.setdefault(one.identifier, one.path)
        check_user_ids(one, problems)


def check_user_ids(one: Cache, problems: Problems) -> None:
    if one.access.form != USERS:
        return
    for user in (*one.access.users, DEFAULT_USER):
        full = user_id(one.identifier, user)
        if len(full) > LONGEST_IDENTIFIER:
            remedy = f"with the cache's identifier its ID is {full}, and ElastiCache takes {LONGEST_IDENTIFIER} characters; shorten one"
            problems.add(f"{one.path}.users", user, remedy)


def check_place(one: Cache, problems: Problems) -> None:
    if not one.subnet_ids:
        problems.missing(f"{one.path}.subnet_ids", "the platform has no network for it, so list its subnets")
    if not one.security_group_ids:
        problems.missing(f"{one.path}.security_group_ids", "the platform has no network for it, so list its security groups")
    zones = set(one.subnet_zones)
    if one.multi_az and zones and len(zones) < 2 and not is_unknown(list(zones)):
        problems.add(f"{one.path}.multi_az", True, f"its subnets are all in {zones.pop()}; give it subnets in another zone too")


def check_replicas(one: Cache, environment: str, problems: Problems) -> None:
    """One node is legal, with cluster mode too, as long as nothing asks it to survive its zone."""
    if not one.multi_az or one.topology.fewest:
        return
    each = "a shard" if one.topology.clustered else "it"
    default = f" (the default in {environment})" if environment in PRODUCTION else ""
    remedy = (
        f"{each} has no replica that could take over in another zone; set replicas: 1 or more, or multi_az: false for a cache that may be "
        "away until AWS has replaced its node"
    )
    problems.messages.append(f"{one.path}.multi_az is true{default}, but {remedy}")


def check_security(one: Cache, environment: str, problems: Problems) -> None:
    if environment in PRODUCTION and one.tls == OFF:
        remedy = f"data and logins would cross the network in plain text, which {environment} must not have; set tls: required"
        problems.add(f"{one.path}.tls", one.tls, remedy)
    if environment in PRODUCTION and one.access.form == NONE and one.tls != PREFERRED:
        remedy = f"everything that reaches the cache could read and delete what it holds, which {environment} must not have; set auth"
        problems.add(f"{one.path}.auth", NONE, remedy)
    elif one.access.form != NONE and one.tls != REQUIRED:
        remedy = f"auth: {one.access.form} needs tls: required; set it, or auth: none until clients use TLS"
        problems.add(f"{one.path}.tls", one.tls, remedy)


def check_features(one: Cache, problems: Problems) -> None:
    if one.engine != REDIS:
        return
    have = number(one.version) if "." in one.version else (*number(one.version), 99)
    for user in one.access.users.values():
        if user.login == IAM and have < (7, 0):
            remedy = "Redis supports it from 7.0 on; upgrade, or set login: password"
            problems.add(f"{one.path}.users.{user.name}.login", IAM, remedy)
    for log in one.logs.formats:
        if have < LOGS_FROM[log]:
            oldest = ".".join(str(part) for part in LOGS_FROM[log])
            problems.add(f"{one.path}.logs.types", log, f"Redis delivers it from {oldest} on; remove it, or upgrade")
    if one.topology.mode not in (DISABLED, "enabled") and have < (7, 0):
        problems.add(f"{one.path}.cluster_mode", one.topology.mode, "Redis supports it from 7.0 on; upgrade first")
