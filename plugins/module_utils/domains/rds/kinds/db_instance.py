# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""DB instances of RDS for PostgreSQL, and their read replicas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ....aws.connection import Aws
from ....aws.tags import tag_list
from ....kinds.arn_tags import lower
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, Property, fixed, given, initial, later
from .db_instance_base import STATIC_PARAMETERS
from .db_instance_blue_green import IDENTIFIER
from .db_instance_changes import INSIGHTS, insights
from .db_instance_credentials import MARK, form_of, in_create, kept, mark_of
from .db_instance_deleting import DeletingInstance
from .db_instance_refusals import refused
from .db_instance_states import BUSY, USABLE, is_broken
from .db_instance_storage import kept_size, storage_in_create
from .db_instance_updating import password_of
from .db_instance_versions import is_major_only, newest
from .db_instance_versions import kept as kept_version

COMPOSED = ("tags", "master_credentials", "static_parameters", *INSIGHTS)
"""Properties that the create call does not take under their own name."""


class CreatingInstance(DeletingInstance):
    """The one create call, with everything that it takes."""

    def plain(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a create call that have a property each, and Database Insights."""
        declared = self.properties
        own = {n: v for n, v in properties.items() if v is not None and n not in COMPOSED and declared[n].in_create}
        request = storage_in_create({self.api_name(name): value for name, value in own.items()})
        given_ = {name: properties[name] for name in INSIGHTS if properties.get(name) is not None}
        return {**request, **(insights({}, given_) if given_ else {})}

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return self.plain(properties)

    def completed(self, _aws: Aws, _properties: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters that take a read: a password, an exact version."""
        return {}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """One call, owner tags included. The identifier collides with itself, so repeating it makes no second instance."""
        marks = {
            IDENTIFIER: str(properties["db_instance_identifier"]),
            MARK: mark_of(properties.get("master_credentials")),
            STATIC_PARAMETERS: str(properties.get("static_parameters") or ""),
        }
        tags = {**properties.get("tags", {}), **aws.owner.tags(address), **{name: value for name, value in marks.items() if value}}
        request = {**self.request(properties), **self.completed(aws, properties), "Tags": tag_list(tags)}
        try:
            reply = aws.change("rds", self.calls.create, **request)
        except CallFailed as error:
            raise self.not_created(aws, properties, error) from error
        made = self.made(aws, self.item_of(reply), address)
        sent = {n: v for n, v in properties.items() if self.properties[n].compared and self.properties[n].in_create and v is not None}
        return replace(made.changed(sent), state="pending" if made.state == "ready" and not made.attributes["arn"] else made.state)

    def not_created(self, _aws: Aws, _properties: Mapping[str, Any], error: CallFailed) -> CallFailed:
        return refused(error)


class DbInstance(CreatingInstance):
    """A primary. Everything but its name, engine, master user and key changes in place."""

    name = "db_instance"

    engine = fixed()
    db_name = initial("DBName")
    master_username = fixed()

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.plain(properties), "StorageEncrypted": True}

    def completed(self, aws: Aws, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The password, and the newest version of a major one."""
        found: dict[str, Any] = {}
        if wanted := properties.get("master_credentials"):
            found = in_create(wanted, password_of(aws, wanted) if form_of(wanted) == "secret" else None)
        version = str(properties.get("engine_version") or "")
        if version and is_major_only(version):
            found["EngineVersion"] = newest(version, self.offered(aws, str(properties.get("engine") or "postgres"), version))
        return found

    @staticmethod
    def offered(aws: Aws, engine: str, version: str) -> list[str]:
        """The versions that RDS offers for new instances of a major version."""
        listed = aws.list_all("rds", "describe_db_engine_versions", "DBEngineVersions", Engine=engine, EngineVersion=version)
        return [str(one["EngineVersion"]) for one in listed if one.get("Status", "available") == "available"]


class DbReplica(CreatingInstance):
    """A read replica. What CreateDBInstanceReadReplica does not take is set afterwards, and what the primary owns only after promotion.

    Once promoted, it is an instance like any other: it has backups of its own, and deleting it takes a final snapshot.
    """

    name = "db_replica"
    elsewhere = True
    calls = replace(DeletingInstance.calls, create="create_db_instance_read_replica")

    source_db_instance_identifier: Any = Property(
        "fixed", "SourceDBInstanceIdentifier", None, lambda desired, observed: observed if observed == "" else desired
    )
    promoted = later()
    engine_version = later(effective=kept_version)
    allocated_storage = given(effective=kept_size)
    db_parameter_group_name = later("DBParameterGroupName", canonical=lower)
    static_parameters = later()
    backup_retention_period = later(effective=DeletingInstance.backup_retention_period.effective)
    preferred_backup_window = later(effective=DeletingInstance.preferred_backup_window.effective)
    preferred_maintenance_window = later(canonical=lower)
    engine_lifecycle_support = later()
    master_credentials = later(effective=kept)

    def completed(self, aws: Aws, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The region of a source that is in another one: botocore signs the copying with it."""
        source = str(properties.get("source_db_instance_identifier") or "").split(":")
        region = source[3] if len(source) > 3 else ""
        return {"SourceRegion": region} if region and region != aws.region else {}

    def get_source_db_instance_identifier(self, raw: Mapping[str, Any]) -> str:
        """Empty after a promotion, which is no reason to replace it."""
        return str(raw.get("ReadReplicaSourceDBInstanceIdentifier") or "")

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "promoted": self.get_promoted(raw)}

    def get_promoted(self, raw: Mapping[str, Any]) -> bool:
        return not raw.get("ReadReplicaSourceDBInstanceIdentifier")

    def not_created(self, aws: Aws, properties: Mapping[str, Any], error: CallFailed) -> CallFailed:
        """A source that is busy is waited for; one that is out of order, or lacks something, is named."""
        if error.code != "InvalidDBInstanceState":
            return refused(error)
        source = str(properties.get("source_db_instance_identifier") or "")
        there = aws.in_region(source.split(":")[3]) if source.startswith("arn:") else aws
        found = there.find("rds", "describe_db_instances", DBInstanceIdentifier=source.rpartition(":")[2])
        status = str(((found or {}).get("DBInstances") or [{}])[0].get("DBInstanceStatus") or "")
        if status in BUSY or status in USABLE or not status:
            return NotYet(error.message, error.operation, error.code, dependency=status != "available")
        hint = "It does not come back by itself." if is_broken(status) else ""
        return CallFailed(f"its source {source} is {status}: {error.message}", error.operation, error.code, hint)
