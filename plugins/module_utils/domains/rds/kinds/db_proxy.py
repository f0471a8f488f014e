# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS Proxies: connection pools in front of an instance. The target group and the target have no life of their own: they are properties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Read
from ....kinds.arn_tags import READ_TAGS
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, State, fixed, given, later
from . import limits
from .db_instance_base import reached

TARGET_GROUP = "default"
"""The one target group that a proxy has; RDS creates it with the proxy and names it."""

BUSY = "InvalidDBProxyStateFault"
"""What RDS answers to a call that changes or deletes a proxy while it is modifying or deleting it."""

MODIFIED: Mapping[str, str] = {
    "auth": "Auth",
    "default_auth_scheme": "DefaultAuthScheme",
    "idle_client_timeout": "IdleClientTimeout",
    "require_tls": "RequireTLS",
    "role_arn": "RoleArn",
    "vpc_security_group_ids": "SecurityGroups",
}
"""Properties that ModifyDBProxy takes, and their names there."""

POOL: Mapping[str, str] = {
    "max_connections_percent": "MaxConnectionsPercent",
    "max_idle_connections_percent": "MaxIdleConnectionsPercent",
    "connection_borrow_timeout": "ConnectionBorrowTimeout",
    "session_pinning_filters": "SessionPinningFilters",
    "init_query": "InitQuery",
}
FRESH_POOL = {
    "max_connections_percent": 100,
    "max_idle_connections_percent": 50,
    "connection_borrow_timeout": 120,
    "session_pinning_filters": [],
    "init_query": "",
}
"""What a new proxy has (ConnectionPoolConfiguration)."""

OF_AUTH = ("AuthScheme", "SecretArn", "IAMAuth", "ClientPasswordAuthType")


def logins(value: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The logins in a fixed order, with the members that are compared."""
    return sorted(({name: one[name] for name in OF_AUTH if one.get(name)} for one in value), key=lambda one: str(one.get("SecretArn")))


class DbProxy(NamedKind):
    """Its endpoint is there once it is available. A target that cannot be logged in to yet is no reason to wait: users come later."""

    name = "db_proxy"
    calls = NamedCalls(
        service="rds",
        list="describe_db_proxies",
        items="DBProxies",
        item="DBProxy",
        create="create_db_proxy",
        delete="delete_db_proxy",
        name="DBProxyName",
        id="DBProxyName",
        arn="DBProxyArn",
    )
    tagging = READ_TAGS
    reads = (Read("describe_db_proxy_target_groups", optional=True), Read("describe_db_proxy_targets", optional=True))
    operations = ("deregister_db_proxy_targets", "modify_db_proxy", "modify_db_proxy_target_group", "register_db_proxy_targets")
    quotas = (limits.PROXIES,)
    status_member = "Status"
    states: Mapping[str, State] = {
        "creating": "pending",
        "modifying": "pending",
        "reactivating": "pending",
        "deleting": "deleting",
        "incompatible-network": "failed",
        "insufficient-resource-limits": "failed",
    }
    settles = ("update", "delete")
    exclusive = True
    timeout = 1800.0

    db_proxy_name = fixed("DBProxyName")
    engine_family = fixed()
    vpc_subnet_ids = fixed(canonical=sorted_strings)
    default_auth_scheme = given()
    auth = given(canonical=logins)
    idle_client_timeout = given()
    require_tls = given("RequireTLS")
    role_arn = given()
    vpc_security_group_ids = given(canonical=sorted_strings)
    pool = later()
    db_instance_identifier = later("DBInstanceIdentifier")

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "endpoint": raw.get("Endpoint")}

    def sent(self, name: str, value: Any) -> Any:
        return value

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {"pool": FRESH_POOL}

    def get_pool(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        groups = [one for one in raw.get("TargetGroups") or [] if one.get("TargetGroupName", TARGET_GROUP) == TARGET_GROUP]
        config = (groups[0] if groups else {}).get("ConnectionPoolConfig") or {}
        return {name: config.get(api, FRESH_POOL[name]) for name, api in POOL.items()}

    def get_db_instance_identifier(self, raw: Mapping[str, Any]) -> str | None:
        targets = [one["RdsResourceId"] for one in raw.get("Targets") or [] if one.get("Type", "RDS_INSTANCE") == "RDS_INSTANCE"]
        return ", ".join(sorted(targets)) or None

    def get_default_auth_scheme(self, raw: Mapping[str, Any]) -> str:
        return str(raw.get("DefaultAuthScheme") or "NONE")

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        for target in raw.get("Targets") or []:
            health: Mapping[str, Any] = target.get("TargetHealth") or {}
            if health.get("State") == "UNAVAILABLE":
                said = " ".join(str(health[name]) for name in ("Reason", "Description") if health.get(name))
                return f"the proxy cannot reach its instance {target.get('RdsResourceId')}: {said or 'RDS says no more'}"
        return ""

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """Set what is not set yet. Raises NotYet while RDS modifies the proxy; the engine then calls it again."""
        now = self.read(aws, seen) or seen
        declared = self.properties
        left = {name: value for name, value in properties.items() if not reached(declared[name], value, now.properties.get(name))}
        try:
            self._set(aws, now, left)
        except CallFailed as error:
            raise self._busy(error) from error

    def _set(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """The settings of the proxy itself come last: RDS refuses every other change while it modifies them."""
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])
        if properties.get("pool") is not None:
            config = {api: properties["pool"][name] for name, api in POOL.items() if name in properties["pool"]}
            where = {"DBProxyName": seen.id, "TargetGroupName": TARGET_GROUP}
            aws.change("rds", "modify_db_proxy_target_group", **where, ConnectionPoolConfig=config)
        if "db_instance_identifier" in properties:
            self._set_target(aws, seen, properties["db_instance_identifier"])
        changed = {MODIFIED[name]: value for name, value in properties.items() if name in MODIFIED}
        if changed:
            aws.change("rds", "modify_db_proxy", DBProxyName=seen.id, **changed)

    def delete(self, aws: Aws, seen: Observed) -> None:
        """A deletion that has already begun is not refused."""
        try:
            super().delete(aws, seen)
        except CallFailed as error:
            now = self.read(aws, seen) if error.code == BUSY else seen
            if now is not None and now.state != "deleting":
                raise self._busy(error) from error

    @staticmethod
    def _busy(error: CallFailed) -> CallFailed:
        """NotYet if RDS is modifying the proxy, else the error itself."""
        return NotYet(error.message, error.operation, error.code, error.hint, dependency=True) if error.code == BUSY else error

    def _set_target(self, aws: Aws, seen: Observed, identifier: str | None) -> None:
        """A proxy has one target: the old one goes first."""
        have: Sequence[str] = [one for one in str(seen.properties.get("db_instance_identifier") or "").split(", ") if one]
        where = {"DBProxyName": seen.id, "TargetGroupName": TARGET_GROUP}
        for one in have:
            if one != identifier:
                aws.remove("rds", "deregister_db_proxy_targets", **where, DBInstanceIdentifiers=[one])
        if identifier and identifier not in have:
            try:
                aws.change("rds", "register_db_proxy_targets", **where, DBInstanceIdentifiers=[identifier])
            except CallFailed as error:
                if error.code != "DBProxyTargetAlreadyRegisteredFault":
                    raise
