# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources that a component's instances consist of.

``build`` is the table of contents: one function for each part of an instance. Addresses are ``<kind>.<instance>`` for parts that occur
once, and ``<kind>.<instance>/<part>`` for the rest. One key and one monitoring role serve all instances of the component.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.place import Place
from ...reconcile.model import Ref, Resource, ref
from .facts import AwsFacts
from .keys import at, key_in, keys
from .kinds.db_instance_versions import is_major_change, reached
from .kinds.db_log_group import log_group_name
from .names import KEY, MONITORING, secret_name, user_part
from .roles import monitoring_role, proxy_role, secrets_of
from .settings.instance import Instance
from .settings.proxy import Proxy
from .settings.replicas import Replica
from .settings.versions import family_of

NAMES = {
    "db_parameter_group": "db_parameter_group_name",
    "db_proxy": "db_proxy_name",
    "db_subnet_group": "db_subnet_group_name",
    "iam_role": "role_name",
    "secret": "secret_name",
}
"""kind -> the property with a name that is derived from the address or the identifier, and that AWS cannot change."""


def build(instances: Mapping[str, Instance], place: Place, known: AwsFacts, may_reboot: Callable[[str], bool]) -> list[Resource]:
    """Every resource of these instances, which must have passed validate.py. ``may_reboot``: whether an instance, or a replica as
    ``instance/replica``, may be restarted in this run."""
    found = keys(instances, place)
    if any(one.monitoring.interval for one in instances.values()):
        found.append(monitoring_role(place))
    for name in sorted(instances):
        part = InstanceParts(instances[name], place, known, may_reboot)
        found += part.subnet_groups()
        found += part.parameter_groups()
        found += part.log_groups()
        found += part.secrets()
        found += part.instance()
        found += part.replicas()
        found += part.proxy()
    return found


def region_of(part: Instance | Replica) -> str:
    """The further region of a replica; empty for the component's own."""
    return part.region if isinstance(part, Replica) else ""


def digest(parameters: Mapping[str, str]) -> str:
    """A short text that changes with these parameters."""
    return hashlib.sha256(json.dumps(dict(sorted(parameters.items()))).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class InstanceParts:
    """The parts of one instance."""

    one: Instance
    place: Place
    known: AwsFacts
    may_reboot: Callable[[str], bool]

    def tags(self, part: str = "", more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The user's tags and a name."""
        name = "-".join(word for word in (self.one.identifier, part) if word)
        return {**self.place.tags, **self.one.tags, "Name": name, **(more or {})}

    def name(self, part: str) -> str:
        return f"{self.one.name}/{part}"

    @property
    def family(self) -> str:
        return family_of(self.one.version)

    def key_arn(self, part: Instance | Replica) -> str | Ref:
        """The key for the storage and the insights of the instance or of a replica. In one region, both have the same."""
        region = region_of(part)
        return (part.kms_key_arn if region else self.one.kms_key_arn) or key_in(region)

    # -- dependencies of an instance --------------------------------------------------------------------------------------------------

    def subnet_groups(self) -> Iterator[Resource]:
        """One for the instance and its replicas in its region, and one for each replica elsewhere."""
        yield self.subnet_group(self.one.name, self.one)
        for replica in self.one.replicas.values():
            if replica.region:
                yield self.subnet_group(self.name(replica.name), replica)

    def subnet_group(self, name: str, part: Instance | Replica) -> Resource:
        properties = {
            **at(region_of(part)),
            # not the identifier of the instance: each would count as mentioning the other
            "db_subnet_group_name": f"{part.identifier}-subnets",
            "db_subnet_group_description": f"Subnets of {part.identifier}",
            "subnet_ids": list(part.subnet_ids),
            "tags": self.tags(),
        }
        return Resource("db_subnet_group", name, properties)

    def own_group(self, replica: Replica) -> bool:
        """Whether a replica has a parameter group of its own: it is in another region, or its parameters differ."""
        return bool(replica.region) or dict(replica.parameters) != dict(self.one.parameters)

    def group_of(self, replica: Replica | None = None) -> str:
        """The address of the parameter group. A group is of one major version: an upgrade leads to a new one."""
        own = replica is not None and self.own_group(replica)
        return f"db_parameter_group.{self.name(f'{replica.name}-{self.family}' if replica and own else self.family)}"

    def parameter_groups(self) -> Iterator[Resource]:
        yield self.parameter_group(self.group_of(), self.one)
        for replica in self.one.replicas.values():
            if self.own_group(replica):
                yield self.parameter_group(self.group_of(replica), replica)

    def parameter_group(self, address: str, part: Instance | Replica) -> Resource:
        properties = {
            **at(region_of(part)),
            "db_parameter_group_name": f"{part.identifier}-{self.family}",
            "db_parameter_group_family": self.family,
            "description": f"Parameters of {part.identifier}",
            "parameters": self.known.unlike_defaults(self.family, part.parameters),
            "tags": self.tags(self.family),
        }
        return Resource("db_parameter_group", address.partition(".")[2], properties)

    def log_groups(self) -> Iterator[Resource]:
        """They must exist before the export begins, or RDS creates groups that keep their logs forever and unencrypted."""
        for log in self.one.monitoring.log_exports:
            yield self.log_group(self.one, log, self.name(log))
            for replica in self.one.replicas.values():
                yield self.log_group(replica, log, self.name(f"{replica.name}-{log}"))

    def log_group(self, part: Instance | Replica, log: str, name: str) -> Resource:
        region = region_of(part)
        properties = {
            **at(region),
            "log_group_name": log_group_name(part.identifier, log),
            "kms_key_id": key_in(region),
            "retention_in_days": self.one.monitoring.log_retention_days,
            "tags": self.tags(f"{log}-logs"),
        }
        return Resource("db_log_group", name, properties)

    # -- secrets ---------------------------------------------------------------------------------------------------------------------

    def secrets(self) -> Iterator[Resource]:
        master = self.one.master
        if master.credentials == "generated":
            yield self.secret("master", master.username, master.rotation, "master user")
        for user, rotation in sorted(self.one.content.passwords.items()):
            yield self.secret(user_part(user), user, rotation, f"user {user}")

    def secret(self, part: str, username: str, rotation: str, whose: str) -> Resource:
        properties = {
            "secret_name": secret_name(self.place, self.one.name, part),
            "description": f"The {whose} of {self.one.identifier}",
            "kms_key_id": ref(KEY, "arn"),
            "content": {"engine": "postgres", "username": username},
            "rotation": rotation,
            "deletion_date": None,
            "tags": self.tags(part),
        }
        return Resource("secret", self.name(part), properties)

    def credentials(self) -> dict[str, Any]:
        """How the master logs in, and how often RDS rotates what it manages."""
        master, secret = self.one.master, f"secret.{self.name('master')}"
        if master.credentials == "iam":
            return {"master_credentials": {"iam": True}}
        if master.credentials == "generated":
            return {"master_credentials": {"secret_arn": ref(secret, "arn"), "version": ref(secret, "version_id")}}
        return {
            "master_credentials": {"managed": {"kms_key_id": ref(KEY, "arn")}},
            "master_secret_rotation_days": master.rotation_days,
        }

    # -- the instance and its replicas -----------------------------------------------------------------------------------------------

    def common(self, name: str, part: Instance | Replica) -> dict[str, Any]:
        """What an instance and its replicas have in common. ``name``: ``instance`` or ``instance/replica``."""
        one = self.one
        found: dict[str, Any] = {
            "engine_version": one.version,
            "allocated_storage": one.storage.size,
            "storage_type": one.storage.type,
            "vpc_security_group_ids": self.security_groups(part),
            "kms_key_id": self.key_arn(part),
            "enable_iam_database_authentication": one.iam_authentication,
            "auto_minor_version_upgrade": one.maintenance.minor_upgrades,
            "copy_tags_to_snapshot": one.backups.copy_tags,
            "deletion_protection": one.deletion.protection,
            "publicly_accessible": False,
            "port": one.port,
            "enabled_cloudwatch_logs_exports": list(one.monitoring.log_exports),
            **self.monitoring(self.key_arn(part)),
        }
        if one.storage.tunable:
            found |= {"iops": one.storage.iops} if one.storage.iops else {}
            found |= {"storage_throughput": one.storage.throughput} if one.storage.throughput else {}
        found |= {"ca_certificate_identifier": one.ca} if one.ca else {}
        found |= {"preferred_maintenance_window": one.maintenance.window} if one.maintenance.window else {}
        return {**found, **self.static_parameters(name, part.parameters)}

    def security_groups(self, part: Instance | Replica) -> list[str | Ref]:
        """A replica elsewhere is in another network, where the groups of its source do not exist."""
        if region_of(part):
            return list(part.security_group_ids)
        return [*self.one.security_group_ids, *self.proxy_group()]

    def monitoring(self, key: str | Ref) -> dict[str, Any]:
        """Enhanced monitoring and Database Insights. The retention of ``advanced`` goes together with its mode."""
        settings, insights = self.one.monitoring, self.one.monitoring.insights != "none"
        return {
            "monitoring_interval": settings.interval,
            **({"monitoring_role_arn": ref(MONITORING, "arn")} if settings.interval else {}),
            "database_insights_mode": "advanced" if settings.insights == "advanced" else "standard",
            "performance_insights_retention_period": settings.insights_retention_days if insights else None,
            **({"performance_insights_kms_key_id": key} if insights else {}),
        }

    def static_parameters(self, name: str, parameters: Mapping[str, str]) -> dict[str, str]:
        """The digest of the parameters that only a restart applies: for a new instance, and for one that may be restarted in this run. It
        is of one family: a replica gets the group of a new major version only after RDS has upgraded it, and then waits for a reboot.
        """
        kind = "db_replica" if "/" in name else "db_instance"
        if self.known.of(f"{kind}.{name}") and not self.may_reboot(name):
            return {}
        set_ = self.known.unlike_defaults(self.family, parameters)
        static = {key: value for key, value in set_.items() if self.known.is_static(self.family, key)}
        return {"static_parameters": digest({**static, "family": self.family})}

    def instance(self) -> Iterator[Resource]:
        one = self.one
        present = self.known.of(f"db_instance.{one.name}")
        properties: dict[str, Any] = {
            "db_instance_identifier": one.identifier,
            "engine": "postgres",
            **self.common(one.name, one),
            # a major version becomes an exact one with the instance, so that the plan says which
            "engine_version": one.version if present else self.known.newest(one.version),
            "db_instance_class": one.instance_class,
            "max_allocated_storage": one.storage.autoscale_to,
            "multi_az": one.multi_az,
            "master_username": one.master.username,
            **self.credentials(),
            "db_subnet_group_name": ref(f"db_subnet_group.{one.name}"),
            "db_parameter_group_name": ref(self.group_of()),
            "engine_lifecycle_support": one.engine_lifecycle_support,
            **({"availability_zone": one.zone} if one.zone else {}),
            **self.backups(),
            "tags": self.tags(),
        }
        first = [f"db_replica.{self.name(name)}" for name in sorted(one.replicas)] if self.upgrade() == "minor" else []
        waits = (*self.waits(self.group_of(), [self.name(log) for log in self.logs()]), *first)
        yield Resource("db_instance", one.name, properties, waits)

    def upgrade(self) -> str:
        """The upgrade that the existing instance gets: minor, major, or empty. RDS makes a minor one of the replicas first, a major one of
        the primary; the second waits for the first and is not begun if that fails.
        """
        present = self.known.of(f"db_instance.{self.one.name}")
        has = str(present.properties.get("engine_version") or "") if present else ""
        if not has or reached(self.one.version, has):
            return ""
        return "major" if is_major_change(self.one.version, has) else "minor"

    def backups(self) -> dict[str, Any]:
        """Of the instance, and of replicas that are databases of their own."""
        backups = self.one.backups
        return {
            "backup_retention_period": backups.retention_days,
            **({"preferred_backup_window": backups.window} if backups.window else {}),
        }

    def logs(self) -> tuple[str, ...]:
        return self.one.monitoring.log_exports

    def waits(self, group: str, logs: Iterable[str]) -> tuple[str, ...]:
        """What must be finished first: parameters, because a restart would apply them otherwise; log groups; the monitoring role."""
        role = (MONITORING,) if self.one.monitoring.interval else ()
        return (group, *role, *(f"db_log_group.{name}" for name in logs))

    def replicas(self) -> Iterator[Resource]:
        for name, replica in sorted(self.one.replicas.items()):
            group = self.group_of(replica)
            source = f"db_instance.{self.one.name}"
            properties: dict[str, Any] = {
                **at(replica.region),
                "db_instance_identifier": replica.identifier,
                # RDS finds a source in another region by its ARN only
                "source_db_instance_identifier": ref(source, "arn") if replica.region else ref(source),
                "promoted": replica.promoted,
                **(self.backups() if replica.promoted else {}),
                **self.common(self.name(name), replica),
                **({"db_subnet_group_name": ref(f"db_subnet_group.{self.name(name)}")} if replica.region else {}),
                "db_instance_class": replica.instance_class,
                "max_allocated_storage": replica.autoscale_to,
                "multi_az": replica.multi_az,
                "db_parameter_group_name": ref(group),
                **({"availability_zone": replica.zone} if replica.zone else {}),
                "tags": self.tags(name, replica.tags),
            }
            logs = [self.name(f"{name}-{log}") for log in self.logs()]
            first = (f"db_instance.{self.one.name}",) if self.upgrade() == "major" else ()
            yield Resource("db_replica", self.name(name), properties, (*self.waits(group, logs), *first))

    # -- the proxy -------------------------------------------------------------------------------------------------------------------

    def proxy_group(self) -> list[Ref]:
        """The group through which a proxy reaches its instance: both have it, and it allows nothing but that."""
        return [ref(f"security_group.{self.name('proxy')}")] if self.one.proxy else []

    def proxy(self) -> Iterator[Resource]:
        proxy = self.one.proxy
        if proxy is None:
            return
        group, name = f"security_group.{self.name('proxy')}", f"{self.one.identifier}-proxy"
        rule = {"protocol": "tcp", "from_port": self.one.port, "to_port": self.one.port, "description": "The proxy and its instance"}
        properties: dict[str, Any] = {
            "vpc_id": self.one.vpc_id or self.known.vpc_of(self.one),
            "group_name": name,
            "description": f"The proxy of {self.one.identifier}",
            "ingress": [{**rule, "group_id": ref(group)}],
            "egress": [{**rule, "group_id": ref(group)}],
            "tags": self.tags("proxy"),
        }
        yield Resource("security_group", self.name("proxy"), properties)
        yield proxy_role(self.one, proxy, self.place, self.tags("proxy"))
        yield self.db_proxy(proxy, name)

    def db_proxy(self, proxy: Proxy, name: str) -> Resource:
        """The targets wait for the instance; the proxy itself is made beside it."""
        logins = [
            {"AuthScheme": "SECRETS", "SecretArn": arn, "IAMAuth": "DISABLED", "ClientPasswordAuthType": "POSTGRES_SCRAM_SHA_256"}
            for arn in (secrets_of(self.one, proxy) if proxy.auth == "password" else [])
        ]
        properties: dict[str, Any] = {
            "db_proxy_name": name,
            "engine_family": "POSTGRESQL",
            "default_auth_scheme": "IAM_AUTH" if proxy.auth == "iam" else "NONE",
            "auth": logins,
            "role_arn": ref(f"iam_role.{self.name('proxy')}", "arn"),
            "vpc_subnet_ids": list(self.one.subnet_ids),
            "vpc_security_group_ids": [*self.one.security_group_ids, *self.proxy_group()],
            "require_tls": True,
            "idle_client_timeout": proxy.idle_timeout,
            "pool": {
                "max_connections_percent": proxy.max_connections_percent,
                "max_idle_connections_percent": proxy.max_idle_connections_percent,
                "connection_borrow_timeout": proxy.borrow_timeout,
                "session_pinning_filters": list(proxy.session_pinning_filters),
                "init_query": proxy.init_query,
            },
            "db_instance_identifier": ref(f"db_instance.{self.one.name}"),
            "tags": self.tags("proxy"),
        }
        return Resource("db_proxy", self.one.name, properties, (f"iam_role.{self.name('proxy')}",))
