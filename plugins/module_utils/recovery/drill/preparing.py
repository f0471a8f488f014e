# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads what a drill needs, and refuses before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.calls import is_gone
from ...aws.connection import Aws
from ...reconcile.errors import CallFailed
from ..giving_up import GaveUp
from ..reading import instance, look
from ..server_time import ServerTime
from .origin import Origin, choose, latest_of, name_for, refusals, seconds_of
from .plan import Plan
from .result import REFUSED

READABLE = ("available", "storage-optimization", "backing-up", "modifying", "configuring-enhanced-monitoring", "configuring-log-exports")
"""The states in which the source answers, and can be restored to a point in time."""


@dataclass(frozen=True)
class Ready:
    """source: the DBInstance. key: the ARN of the key that the restored instance has to be under. name: its identifier."""

    source: Mapping[str, Any]
    origin: Origin
    key: str
    name: str

    @property
    def database(self) -> str:
        return str(self.source["DBInstanceIdentifier"])

    @property
    def resource_id(self) -> str:
        return str(self.source["DbiResourceId"])


class Preparation:
    """Reads in the region of the source, and in that of the target."""

    def __init__(self, aws: Aws, there: Aws, time: ServerTime, plan: Plan) -> None:
        self.aws, self.there, self.time, self.plan = aws, there, time, plan
        self.away = plan.target.region != aws.region

    def ready(self, drill: str) -> Ready:
        """Raises GaveUp with every problem that can be seen from outside the database."""
        source = self.instance(self.aws, self.plan.database)
        if source is None:
            where = self.aws.region or "this region"
            sentence = f"There is no DB instance {self.plan.database} in {where}. Check the identifier, the region, and the account."
            raise GaveUp(REFUSED, "no_database", sentence)
        self._refuse(refusals(source, self.plan.target, self.away), "refused")
        status = str(source.get("DBInstanceStatus") or "")
        if status not in READABLE:
            raise GaveUp(REFUSED, "database_state", f"{self.plan.database} is {status}: a drill needs a database that answers.")
        key, problems = self._key()
        self._refuse([*problems, *self._network(), *self._parameters(source)], "target")
        origin, why = choose(source, self._backups(source), self.plan.target, self.away, self.plan.method, key)
        if origin is None:
            raise GaveUp(REFUSED, "backups", why)
        name = self.plan.target.identifier or name_for(source, drill)
        if self.instance(self.there, name) is not None:
            where = self.plan.target.region
            sentence = f"A DB instance {name} exists in {where}. A drill restores into a new one: give another target.identifier."
            raise GaveUp(REFUSED, "target_exists", sentence)
        return Ready(source, origin, key, name)

    def instance(self, aws: Aws, identifier: str) -> dict[str, Any] | None:
        return instance(aws, self.time, identifier)

    def latest(self, ready: Ready) -> float | None:
        """The time up to which the source can be restored now. Raises GaveUp if it is another instance by now."""
        if ready.origin.backups:
            found = self.there.read("rds", "describe_db_instance_automated_backups", DBInstanceAutomatedBackupsArn=ready.origin.backups)
            return max((latest_of(one) or 0.0 for one in found["DBInstanceAutomatedBackups"]), default=None)
        source = self.instance(self.aws, ready.database)
        if source is None or source["DbiResourceId"] != ready.resource_id:
            raise GaveUp("failed", "replaced", f"{ready.database} was deleted, or replaced by another instance, while the drill ran.")
        return seconds_of(source.get("LatestRestorableTime"))

    def _backups(self, source: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The automated backups in the target's region, if that is another one."""
        if not self.away:
            return []
        reply = look(self.there, self.time, "describe_db_instance_automated_backups", DbiResourceId=str(source["DbiResourceId"]))
        return list(reply["DBInstanceAutomatedBackups"]) if reply else []

    def _key(self) -> tuple[str, list[str]]:
        """(the ARN of the key, what is wrong with it)."""
        given = self.plan.target.kms_key
        try:
            found = self.there.read("kms", "describe_key", KeyId=given)["KeyMetadata"]
        except CallFailed as error:
            if not is_gone(error):
                raise
            return "", [f"target.kms_key is {given}; there is no such key in {self.plan.target.region}."]
        if found["KeyState"] != "Enabled":
            return str(found["Arn"]), [f"target.kms_key is {given}, which is {found['KeyState']}: enable it."]
        return str(found["Arn"]), []

    def _network(self) -> list[str]:
        target = self.plan.target
        reply = look(self.there, self.time, "describe_db_subnet_groups", DBSubnetGroupName=target.subnet_group)
        if reply is None:
            return [f"target.subnet_group is {target.subnet_group}; there is no such DB subnet group in {target.region}."]
        vpc = str(reply["DBSubnetGroups"][0].get("VpcId") or "")
        wanted = [{"Name": "group-id", "Values": list(target.security_groups)}]
        found = {
            str(one["GroupId"]): str(one.get("VpcId") or "")
            for one in self.there.list_all("ec2", "describe_security_groups", "SecurityGroups", Filters=wanted)
        }
        problems = [
            f"target.security_groups has {one}; there is no such group in {target.region}."
            for one in target.security_groups
            if one not in found
        ]
        return problems + [
            f"target.security_groups has {one}, of {found[one]}, but {target.subnet_group} is in {vpc}."
            for one in target.security_groups
            if one in found and found[one] != vpc
        ]

    def _parameters(self, source: Mapping[str, Any]) -> list[str]:
        target, version = self.plan.target, str(source.get("EngineVersion") or "")
        reply = look(self.there, self.time, "describe_db_parameter_groups", DBParameterGroupName=target.parameter_group)
        if reply is None:
            return [f"target.parameter_group is {target.parameter_group}; there is no such DB parameter group in {target.region}."]
        family, wanted = (
            str(reply["DBParameterGroups"][0].get("DBParameterGroupFamily") or ""),
            f"postgres{version.split('.', maxsplit=1)[0]}",
        )
        if family != wanted:
            return [f"target.parameter_group is {target.parameter_group}, of family {family}; version {version} needs one of {wanted}."]
        return []

    @staticmethod
    def _refuse(problems: list[str], reason: str) -> None:
        if problems:
            raise GaveUp(REFUSED, reason, " ".join(problems))
