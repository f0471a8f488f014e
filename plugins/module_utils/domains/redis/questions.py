# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queries to AWS before caches can be judged and built: snapshots to create one from, the engines' default parameters, and the values that
logins would take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...aws.connection import Aws
from ...aws.owner import Owner
from ...kinds.secret_values import read_secret
from ...text.final_names import is_final_of
from .kinds.cache_credentials import value_in, value_problem
from .names import generates_token, password_users, user_part
from .settings.access import TOKEN
from .settings.cache import Cache
from .settings.upkeep import LATEST_FINAL
from .settings.versions import family_of


def questions(caches: Mapping[str, Cache], environment: str, component: str) -> dict[str, Callable[[Aws], Any]]:
    """The queries that these caches require."""
    found: dict[str, Callable[[Aws], Any]] = {}
    if restored := {name: one for name, one in caches.items() if one.restore_from}:
        found["snapshots"] = lambda aws: snapshots(aws, restored)
    secrets = {name: kept for name, one in caches.items() if (kept := secrets_of(one, Owner(environment, component).path))}
    if secrets:
        found["tokens"] = lambda aws: tokens(aws, secrets)
    if families := sorted({family_of(one.engine, one.version) for one in caches.values() if one.parameters}):
        found["defaults"] = lambda aws: dict(zip(families, aws.map(lambda family: defaults(aws, family), families), strict=True))
    return found


def defaults(aws: Aws, family: str) -> dict[str, str]:
    """parameter -> its value in the defaults of this family. The reply nests them, so its pages are followed here."""
    found: dict[str, str] = {}
    marker: dict[str, str] = {}
    while True:
        reply = aws.read("elasticache", "describe_engine_default_parameters", CacheParameterGroupFamily=family, **marker)["EngineDefaults"]
        found |= {one["ParameterName"]: one["ParameterValue"] for one in reply.get("Parameters") or [] if "ParameterValue" in one}
        if not reply.get("Marker"):
            return found
        marker = {"Marker": reply["Marker"]}


def snapshots(aws: Aws, caches: Mapping[str, Cache]) -> dict[str, str | None]:
    """cache -> the name of the snapshot that it is created from; None if there is none."""
    names = [
        str(one["SnapshotName"])
        for one in aws.list_all("elasticache", "describe_snapshots", "Snapshots")
        if one.get("SnapshotStatus") == "available"
    ]
    found: dict[str, str | None] = {}
    for name, one in caches.items():
        if one.restore_from == LATEST_FINAL:
            found[name] = max((snapshot for snapshot in names if is_final_of(snapshot, one.identifier)), default=None)
        else:
            found[name] = one.restore_from if one.restore_from in names else None
    return found


def secrets_of(one: Cache, path: str) -> list[str]:
    """The secrets whose values log in: one that others keep, or those of this component."""
    if one.access.form == TOKEN and one.access.secret_arn:
        return [one.access.secret_arn]
    token = [f"{path}{one.name}/token"] if generates_token(one) else []
    return [*token, *(f"{path}{one.name}/{user_part(user)}" for user in password_users(one))]


def tokens(aws: Aws, secrets: Mapping[str, list[str]]) -> dict[str, dict[str, Any]]:
    """cache -> {"version": of the first secret's current value, "problems": secret -> why ElastiCache would refuse its value}.

    The values themselves go nowhere.
    """
    wanted = [(cache, secret) for cache, names in secrets.items() for secret in names]
    replies = aws.map(lambda pair: read_secret(aws, pair[1]), wanted)
    found: dict[str, dict[str, Any]] = {}
    for (cache, secret), reply in zip(wanted, replies, strict=True):
        own = found.setdefault(cache, {"version": "", "problems": {}})
        if reply is None:
            if secret.startswith("arn:"):
                own["problems"][secret] = "it does not exist, or has no value"
            continue
        own["version"] = own["version"] or str(reply.get("VersionId") or "")
        if problem := value_problem(value_in(str(reply.get("SecretString") or ""))):
            own["problems"][secret] = problem
    return found
