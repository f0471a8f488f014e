# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The restored instance, from the restore until it has the identifier, the settings, and the tags of the one that it replaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.calls import is_gone
from ..aws.tags import tag_list
from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed
from ..reconcile.waiting import Clock, until
from ..recovery.databases import Database, Snapshot, tags_of
from ..recovery.giving_up import GaveUp, Say
from ..recovery.progress import minutes
from ..recovery.reading import Reading
from ..recovery.reaping import INSTANCE, Reaper
from ..recovery.states import HOPELESS
from ..recovery.tags import DATABASE, EXPIRES, MANAGED_BY, PURPOSE, RUN, temporary
from ..recovery.troubles import BUSY
from .plan import RefreshPlan, Report
from .transferring import maker_of

RELEASED = "mainstay:released"
"""The tag of a restored instance whose data is anonymised and verified. Without it, a restored instance is deleted by the next run."""

ANSWERING = frozenset({"available", "backing-up", "storage-optimization", "configuring-enhanced-monitoring", "configuring-log-exports"})
LONGEST = 63

IN_THE_CALL = (
    *("DBInstanceClass", "StorageType", "MultiAZ", "PubliclyAccessible", "AutoMinorVersionUpgrade"),
    *("CopyTagsToSnapshot", "MaxAllocatedStorage", "CACertificateIdentifier"),
    *("NetworkType", "EngineLifecycleSupport", "DedicatedLogVolume"),
)
"""Settings that RestoreDBInstanceFromDBSnapshot takes as DescribeDBInstances returns them."""

GP3_THRESHOLD = 400
"""GiB. Below it, gp3 storage of PostgreSQL has a fixed performance that DescribeDBInstances shows, and calls must not repeat."""

PERFORMANCE = ("Iops", "StorageThroughput")

AFTERWARDS = ("PreferredMaintenanceWindow", "MonitoringInterval", "MonitoringRoleArn", "PerformanceInsightsRetentionPeriod")
"""Settings that only ModifyDBInstance takes."""


def restored_name(identifier: str) -> str:
    return f"{identifier[: LONGEST - 8].rstrip('-')}-refresh"


def previous_name(identifier: str) -> str:
    return f"{identifier[: LONGEST - 9].rstrip('-')}-previous"


def request(target: Mapping[str, Any], snapshot: Snapshot, name: str, groups: tuple[str, ...], tags: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of RestoreDBInstanceFromDBSnapshot: the settings of the instance to replace. ``groups``: empty for its own.

    Without automated backups until it is released: the first would contain the data of production, and outlive it.
    """
    found = {one: target[one] for one in IN_THE_CALL if target.get(one) is not None}
    found |= {
        "DBInstanceIdentifier": name,
        "DBSnapshotIdentifier": snapshot.arn,
        "AllocatedStorage": max(int(target.get("AllocatedStorage") or 0), snapshot.allocated),
        "DBSubnetGroupName": str(target["DBSubnetGroup"]["DBSubnetGroupName"]),
        "VpcSecurityGroupIds": list(groups or own_groups(target)),
        "DBParameterGroupName": str(target["DBParameterGroups"][0]["DBParameterGroupName"]),
        "EnableIAMDatabaseAuthentication": bool(target.get("IAMDatabaseAuthenticationEnabled")),
        "EnableCloudwatchLogsExports": list(target.get("EnabledCloudwatchLogsExports") or ()),
        "DeletionProtection": False,
        "BackupRetentionPeriod": 0,
        "Tags": tag_list(dict(tags)),
    }
    if int(target.get("AllocatedStorage") or 0) >= GP3_THRESHOLD or str(target.get("StorageType")).startswith("io"):
        found |= {name: target[name] for name in PERFORMANCE if target.get(name)}
    if port := int((target.get("Endpoint") or {}).get("Port") or 0):
        found["Port"] = port
    return found


def settings_after_release(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What the released instance gets last, for ModifyDBInstance: backups, and the groups that admit applications."""
    found: dict[str, Any] = {}
    if set(own_groups(old)) != set(own_groups(new)):
        found["VpcSecurityGroupIds"] = list(own_groups(old))
    if (days := int(old.get("BackupRetentionPeriod") or 0)) != int(new.get("BackupRetentionPeriod") or 0):
        found["BackupRetentionPeriod"] = days
        if window := old.get("PreferredBackupWindow"):
            found["PreferredBackupWindow"] = window
    return found


def own_groups(target: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(one["VpcSecurityGroupId"]) for one in target.get("VpcSecurityGroups") or ())


def further(target: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The parameters of the ModifyDBInstance that follows: a password of its own, and what a restore does not take."""
    found = {one: target[one] for one in AFTERWARDS if target.get(one)}
    if target.get("PerformanceInsightsEnabled"):
        found |= {"EnablePerformanceInsights": True}
        if key := target.get("PerformanceInsightsKMSKeyId"):
            found["PerformanceInsightsKMSKeyId"] = key
    else:
        found.pop("PerformanceInsightsRetentionPeriod", None)
    if key := (target.get("MasterUserSecret") or {}).get("KmsKeyId"):
        found["MasterUserSecretKmsKeyId"] = key
    return {**found, "DBInstanceIdentifier": name, "ManageMasterUserPassword": True, "ApplyImmediately": True}


class Replacement:
    def __init__(self, plan: RefreshPlan, reading: Reading, clock: Clock, say: Say) -> None:
        self._plan, self._reading, self._clock, self._say = plan, reading, clock, say
        self._aws = reading.aws
        self.name = restored_name(plan.identifier)
        self.previous = previous_name(plan.identifier)

    def target(self) -> dict[str, Any] | None:
        """The instance that has the identifier."""
        return self._find(self._plan.identifier)

    def released(self) -> dict[str, Any] | None:
        """The restored instance, if it was released; whatever name it has by now. None if the last cut-over is complete."""
        for one in (self._find(self.name), self.target()):
            if one is not None and RELEASED in tags_of(one):
                return one
        return None

    def restore(self, target: Mapping[str, Any], snapshot: Snapshot, database: Database) -> dict[str, Any]:
        """The restored instance, usable, with a master password of its own. Raises GaveUp and CallFailed."""
        now = self._reading.time.now()
        tags = temporary(maker_of(self._plan), database.resource_id, now, self._plan.limits.ttl)
        if (there := self._find(self.name)) is not None:
            sentence = f"There is a DB instance {self.name} already, which is {there['DBInstanceStatus']}. Remove it."
            raise GaveUp("refused", "name_taken", sentence)
        given = request(target, snapshot, self.name, self._plan.groups, tags)
        try:
            self._aws.change("rds", "restore_db_instance_from_db_snapshot", **given)
        except (Ambiguous, AlreadyThere):
            if self._find(self.name) is None:
                self._aws.change("rds", "restore_db_instance_from_db_snapshot", **given)
        self._usable(self.name)
        self._change("modify_db_instance", further(target, self.name))
        found = self._usable(self.name, with_secret=True)
        if any(one.get("ParameterApplyStatus") == "pending-reboot" for one in found.get("DBParameterGroups") or ()):
            self._change("reboot_db_instance", {"DBInstanceIdentifier": self.name})
            found = self._usable(self.name)
        return found

    def release(self) -> None:
        """From here on, the instance is finished and not deleted by a later run."""
        arn = str(self._known(self.name)["DBInstanceArn"])
        self._aws.change("rds", "add_tags_to_resource", ResourceName=arn, Tags=tag_list({RELEASED: "true"}))
        self._aws.change("rds", "remove_tags_from_resource", ResourceName=arn, TagKeys=[EXPIRES])

    def cut_over(self, report: Report) -> None:
        """Give the released instance the identifier, the groups, and the tags. Each step finds what an interrupted one did."""
        if (old := self.target()) is not None and RELEASED not in tags_of(old):
            self._rename(self._plan.identifier, self.previous)
        old = self._find(self.previous)
        owner = {key: value for key, value in tags_of(old).items() if not key.startswith(("aws:", "rds:"))} if old else {}
        if self._find(self.name) is not None:
            self._rename(self.name, self._plan.identifier)
        new = self._usable(self._plan.identifier)
        if old is not None:
            if late := settings_after_release(old, new):
                self._change("modify_db_instance", {**self._now(self._plan.identifier), **late})
                new = self._usable(self._plan.identifier)
            self._own(old, new, owner)
        report.previous = self._finish(old)
        self._aws.change(
            "rds",
            "remove_tags_from_resource",
            ResourceName=str(new["DBInstanceArn"]),
            TagKeys=[RELEASED, MANAGED_BY, PURPOSE, DATABASE, RUN],
        )

    def _own(self, old: Mapping[str, Any], new: Mapping[str, Any], owner: Mapping[str, str]) -> None:
        """The owner tags move: two instances must not carry the same address."""
        if not owner:
            return
        marks = [key for key in tags_of(old) if key.startswith("mainstay:")]
        self._aws.change("rds", "add_tags_to_resource", ResourceName=str(new["DBInstanceArn"]), Tags=tag_list(dict(owner)))
        if marks:
            self._aws.change("rds", "remove_tags_from_resource", ResourceName=str(old["DBInstanceArn"]), TagKeys=marks)

    def _finish(self, old: Mapping[str, Any] | None) -> str:
        """Delete the instance that was replaced, or leave it; its identifier if it stays."""
        if old is None:
            return ""
        if self._plan.keep_previous:
            return self.previous
        Reaper(self._aws, self._clock, self._plan.limits.poll).delete(INSTANCE, self.previous)
        return ""

    def _rename(self, before: str, after: str) -> None:
        self._say(f"{before} becomes {after}", 0)
        self._change("modify_db_instance", {**self._now(before), "NewDBInstanceIdentifier": after})
        for waited in until(self._clock, self._plan.limits.restore, self._plan.limits.poll):
            if self._find(before) is None and self._find(after) is not None:
                return
            self._say(f"{before} becomes {after}", waited)
        raise GaveUp("failed", "rename_timeout", f"{before} is not called {after} after {minutes(self._plan.limits.restore)}. Run again.")

    @staticmethod
    def _now(name: str) -> dict[str, Any]:
        return {"DBInstanceIdentifier": name, "ApplyImmediately": True}

    def _find(self, name: str) -> dict[str, Any] | None:
        try:
            reply = self._aws.read("rds", "describe_db_instances", DBInstanceIdentifier=name)
        except CallFailed as error:
            if is_gone(error):
                return None
            raise
        self._reading.time.hear(reply)
        return dict(reply["DBInstances"][0]) if reply["DBInstances"] else None

    def _known(self, name: str) -> dict[str, Any]:
        found = self._find(name)
        if found is None:
            raise GaveUp("failed", "deleted_meanwhile", f"{name} was deleted meanwhile.")
        return found

    def _usable(self, name: str, *, with_secret: bool = False) -> dict[str, Any]:
        limits = self._plan.limits
        for waited in until(self._clock, limits.restore, limits.poll):
            found = self._known(name)
            status = str(found.get("DBInstanceStatus") or "")
            if HOPELESS.fullmatch(status):
                raise GaveUp("failed", "restore_failed", f"{name} is {status}.")
            has_secret = (found.get("MasterUserSecret") or {}).get("SecretStatus") == "active"
            if status in ANSWERING and (found.get("Endpoint") or {}).get("Address") and (has_secret or not with_secret):
                return found
            self._say(f"{name} is {status}", waited)
        raise GaveUp("failed", "restore_timeout", f"{name} is not usable after {minutes(limits.restore)}.")

    def _change(self, method: str, parameters: dict[str, Any]) -> None:
        for waited in until(self._clock, self._plan.limits.restore, self._plan.limits.poll):
            try:
                self._aws.change("rds", method, **parameters)
            except Ambiguous:
                continue
            except CallFailed as error:
                if error.code not in BUSY:
                    raise
                self._say(f"{parameters['DBInstanceIdentifier']} is busy", waited)
            else:
                return
        raise GaveUp("failed", "restore_timeout", f"{parameters['DBInstanceIdentifier']} is still busy.")
