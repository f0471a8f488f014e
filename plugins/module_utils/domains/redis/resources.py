# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources that a component's caches consist of.

Addresses are ``<kind>.<cache>`` for parts that occur once, and ``<kind>.<cache>/<part>`` for the rest. One key serves all caches of the
component.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...aws.place import Place
from ...aws.policies import data_key
from ...reconcile.model import Observed, Ref, Resource, ref
from .kinds.cache_log_group import log_group_name
from .names import KEY, generates_token, password_users, secret_name, user_group_id, user_id, user_name, user_part
from .settings.access import DEFAULT_USER, IAM, NONE, USERS, Credential
from .settings.cache import OWN_KEY, UNENCRYPTED, Cache
from .settings.upkeep import LATEST_FINAL
from .settings.versions import family_of

NAMES: Mapping[str, str] = {
    "cache_parameter_group": "cache_parameter_group_name",
    "cache_subnet_group": "cache_subnet_group_name",
    "secret": "secret_name",
}
"""kind -> the property with a name that is derived from the address or the identifier, and that AWS cannot change."""


@dataclass(frozen=True)
class Known:
    """``observed``: what exists, by address. ``snapshots``: cache -> the snapshot that it is created from, where it was asked for.
    ``tokens``: cache -> the current version of a secret that others keep. ``defaults``: family -> parameter -> its default."""

    observed: Mapping[str, Observed] = field(default_factory=dict)
    snapshots: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def properties(self, address: str) -> Mapping[str, Any]:
        seen = self.observed.get(address)
        return seen.properties if seen and seen.state != "deleting" else {}


def build(caches: Mapping[str, Cache], place: Place, known: Known) -> list[Resource]:
    """Every resource of these caches, which must have passed validate.py."""
    if not caches:
        return []
    found = [key([caches[name] for name in sorted(caches)], place)]
    for name in sorted(caches):
        parts = Parts(caches[name], place, known)
        found += [parts.subnet_group(), parts.parameter_group(), *parts.log_groups(), *parts.secrets(), *parts.users(), parts.group()]
    return found


def key(caches: Sequence[Cache], place: Place) -> Resource:
    """For data, snapshots, secrets, and logs."""
    kind, _dot, name = KEY.partition(".")
    return Resource(kind, name, data_key(place, "Caches", [log_group_name(one.identifier, "*") for one in caches]))


@dataclass(frozen=True)
class Parts:
    """The parts of one cache."""

    one: Cache
    place: Place
    known: Known

    def tags(self, part: str = "") -> dict[str, str]:
        """The user's tags and a name."""
        name = "-".join(word for word in (self.one.identifier, part) if word)
        return {**self.place.tags, **self.one.tags, "Name": name}

    def name(self, part: str) -> str:
        return f"{self.one.name}/{part}"

    @property
    def family(self) -> str:
        """Of the parameter group, with a mark for the protocol: both have groups of their own, and so an upgrade leads to a new one."""
        return f"{family_of(self.one.engine, self.one.version)}{'-cluster' if self.one.topology.clustered else ''}"

    def subnet_group(self) -> Resource:
        properties = {
            # not the identifier of the cache: each would count as mentioning the other
            "cache_subnet_group_name": f"{self.one.identifier}-subnets",
            "cache_subnet_group_description": f"Subnets of {self.one.identifier}",
            "subnet_ids": list(self.one.subnet_ids),
            "tags": self.tags(),
        }
        return Resource("cache_subnet_group", self.one.name, properties)

    def parameter_group(self) -> Resource:
        """Without the values that are the engine's defaults: ElastiCache need not describe them as set by a user, so a group
        that has them would change in every run.
        """
        family = family_of(self.one.engine, self.one.version)
        defaults = self.known.defaults.get(family, {})
        given = {name: value for name, value in self.one.parameters.items() if defaults.get(name) != value}
        cluster = {"cluster-enabled": "yes"} if self.one.topology.clustered else {}
        properties = {
            "cache_parameter_group_name": f"{self.one.identifier}-{self.family.replace('.', '-')}",
            "cache_parameter_group_family": family,
            "description": f"Parameters of {self.one.identifier}",
            "parameters": {**given, **cluster},
            "tags": self.tags(self.family),
        }
        return Resource("cache_parameter_group", self.name(self.family), properties)

    def log_groups(self) -> Iterator[Resource]:
        for log in self.one.logs.formats:
            properties = {
                "log_group_name": log_group_name(self.one.identifier, log),
                "kms_key_id": ref(KEY, "arn"),
                "retention_in_days": self.one.logs.retention_days,
                "tags": self.tags(log),
            }
            yield Resource("cache_log_group", self.name(log), properties)

    # -- logins ----------------------------------------------------------------------------------------------------------------------

    def secrets(self) -> Iterator[Resource]:
        if generates_token(self.one):
            yield self.secret("token", "token", self.one.access.token, "The token of")
        for user in password_users(self.one):
            own = self.one.access.users[user].credential
            yield self.secret(user_part(user), user_name(self.one.identifier, user), own, f"The user {user} of")

    def secret(self, part: str, username: str, credential: Credential, whose: str) -> Resource:
        content = {"engine": self.one.engine, **({} if part == "token" else {"username": username})}
        properties = {
            "secret_name": secret_name(self.place, self.one.name, part),
            "description": f"{whose} {self.one.identifier}",
            "kms_key_id": ref(KEY, "arn"),
            "content": content,
            "rotation": credential.rotation,
            "deletion_date": None,
            "tags": self.tags(part),
        }
        return Resource("secret", self.name(part), properties)

    def credential(self, part: str, credential: Credential) -> dict[str, Any]:
        secret = f"secret.{self.name(part)}"
        return {"secret_arn": ref(secret, "arn"), "version": ref(secret, "newest_version_id"), "previous": credential.previous}

    def user_engine(self) -> str:
        """A group of Redis users also serves Valkey and takes no Valkey users, so one that exists keeps its engine after an upgrade."""
        present = self.known.properties(f"cache_user_group.{self.one.name}").get("engine")
        return str(present or self.one.engine)

    def users(self) -> Iterator[Resource]:
        """The users, and their group. Our own user ``default`` is disabled; AWS's could do everything without a password."""
        if self.one.access.form != USERS:
            return
        yield self.user(DEFAULT_USER, "off -@all", {"disabled": True})
        for name, user in sorted(self.one.access.users.items()):
            login = {"iam": True} if user.login == IAM else self.credential(user_part(name), user.credential)
            yield self.user(name, user.access, login)
        properties = {
            "user_group_id": user_group_id(self.one.identifier),
            "engine": self.user_engine(),
            "user_ids": [ref(f"cache_user.{self.name(name)}") for name in (DEFAULT_USER, *sorted(self.one.access.users))],
            "tags": self.tags("users"),
        }
        yield Resource("cache_user_group", self.one.name, properties)

    def user(self, name: str, access: str, login: Mapping[str, Any]) -> Resource:
        address = f"cache_user.{self.name(name)}"
        properties = {
            "user_id": user_id(self.one.identifier, name),
            "user_name": user_name(self.one.identifier, name),
            "engine": str(self.known.properties(address).get("engine") or self.user_engine()),
            "access_string": access,
            "login": login,
            "tags": self.tags(f"user-{name}"),
        }
        return Resource("cache_user", self.name(name), properties)

    def login(self) -> dict[str, Any]:
        access = self.one.access
        if access.form == USERS:
            return {"user_group_id": ref(f"cache_user_group.{self.one.name}")}
        if access.form == NONE:
            return {"open": True}
        if access.secret_arn:
            version = self.known.tokens.get(self.one.name, "")
            return {"secret_arn": access.secret_arn, "version": version, "previous": access.token.previous}
        return self.credential("token", access.token)

    # -- the replication group -------------------------------------------------------------------------------------------------------

    def key_arn(self) -> str | Ref:
        return self.one.kms_key_arn or ref(KEY, "arn")

    def group(self) -> Resource:
        one, address = self.one, f"replication_group.{self.one.name}"
        present = self.known.properties(address).get("shards")
        properties: dict[str, Any] = {
            "replication_group_id": one.identifier,
            "replication_group_description": f"Cache {one.name} of {self.place.environment}/{self.place.component}",
            "engine": one.engine,
            "engine_version": one.version,
            "cache_node_type": one.node_type,
            "cache_parameter_group_name": ref(f"cache_parameter_group.{self.name(self.family)}"),
            "cluster_mode": one.topology.mode,
            "shards": one.topology.wanted(present if isinstance(present, Mapping) else ()),
            "automatic_failover_enabled": one.topology.clustered or one.topology.fewest > 0,
            "multi_az_enabled": one.multi_az,
            "cache_subnet_group_name": ref(f"cache_subnet_group.{one.name}"),
            "security_group_ids": list(one.security_group_ids),
            "port": one.port,
            "transit_encryption": one.tls,
            "at_rest_encryption_enabled": one.at_rest != UNENCRYPTED,
            **({"kms_key_id": self.key_arn()} if one.at_rest == OWN_KEY else {}),
            "login": self.login(),
            "snapshot_retention_limit": one.snapshots.retention_days,
            "auto_minor_version_upgrade": one.maintenance.minor_upgrades,
            "log_delivery": self.log_delivery(),
            "notification_topic_arn": one.maintenance.topic_arn or None,
            **({"snapshot_window": one.snapshots.window} if one.snapshots.window else {}),
            **({"preferred_maintenance_window": one.maintenance.window} if one.maintenance.window else {}),
            **({"snapshot_name": name} if (name := self.snapshot()) else {}),
            "tags": self.tags(),
        }
        waits = (f"cache_parameter_group.{self.name(self.family)}", *(f"cache_log_group.{self.name(log)}" for log in one.logs.formats))
        users = (f"cache_user_group.{one.name}",) if one.access.form == USERS else ()
        return Resource("replication_group", one.name, properties, (*waits, *users))

    def log_delivery(self) -> dict[str, Any]:
        formats = self.one.logs.formats
        return {log: {"destination": log_group_name(self.one.identifier, log), "format": formats[log]} for log in sorted(formats)}

    def snapshot(self) -> str:
        """The snapshot that it is created from; empty for none."""
        wanted = self.one.restore_from
        return self.known.snapshots.get(self.one.name, "") if wanted == LATEST_FINAL else wanted
