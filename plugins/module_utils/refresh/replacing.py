# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The restored instance, from the restore until it has the identifier, the settings, and the tags of the one that it replaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.tags import tag_list
from ..reconcile.waiting import Clock, until
from ..recovery.databases import Database, Snapshot, tags_of
from ..recovery.giving_up import GaveUp, Say
from ..recovery.progress import minutes
from ..recovery.reading import Reading, instance
from ..recovery.reaping import INSTANCE, Reaper
from ..recovery.restoring import Restorer, Waits
from ..recovery.tags import DATABASE, EXPIRES, MANAGED_BY, PURPOSE, RUN, temporary
from ..restore.origin import Origin
from ..restore.plan import Overrides
from ..restore.settings import afterwards, request
from .mixups import ENVIRONMENT
from .plan import RefreshPlan, Report
from .transferring import maker_of

RELEASED = "mainstay:released"
"""The tag of a restored instance whose data is anonymized and verified. Without it, a restored instance is deleted by the next run."""

LONGEST = 63
GONE_SECONDS = 1800.0


def restored_name(identifier: str) -> str:
    return f"{identifier[: LONGEST - 8].rstrip('-')}-refresh"


def previous_name(identifier: str) -> str:
    return f"{identifier[: LONGEST - 9].rstrip('-')}-previous"


def overrides(groups: tuple[str, ...]) -> Overrides:
    """What the restored instance does not have of the one to replace. ``groups``: empty for its own.

    It has no automated backups until it is released: the first would contain the data of production, and outlive it.
    """
    return Overrides(security_groups=groups or None, backup_retention=0, deletion_protection=False, managed_password=True)


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


class Replacement:
    def __init__(self, plan: RefreshPlan, reading: Reading, clock: Clock, say: Say) -> None:
        self._plan, self._reading, self._clock, self._say = plan, reading, clock, say
        self._aws = reading.aws
        self._steps = Restorer(reading.aws, clock, Waits(plan.limits.restore, plan.limits.poll), say)
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
        for name in (self.name, self.previous):
            there = self._find(name)
            if there is not None and (name == self.name or there["DBInstanceStatus"] != "deleting"):
                sentence = f"There is a DB instance {name} already, which is {there['DBInstanceStatus']}. Delete it, and run again."
                raise GaveUp("refused", "name_taken", sentence)
        wanted = overrides(self._plan.groups)
        method, given = request(target, Origin(snapshot=snapshot), self.name, wanted, tags)
        self._steps.begin(method, given, lambda one: tags_of(one).get(RUN) == tags[RUN])
        found = self._steps.usable(self.name)
        self._steps.check_version(found, snapshot.engine_version, snapshot.identifier)
        for change in afterwards(target, found, wanted):
            self._steps.change("modify_db_instance", {**self._now(self.name), **change.parameters})
            found = self._steps.usable(self.name, "is being set up", with_secret=True)
        return self._steps.rebooted(found)

    def release(self) -> None:
        """From here on, the instance is finished and not deleted by a later run."""
        arn = str(self._steps.describe(self.name)["DBInstanceArn"])
        self._aws.change("rds", "add_tags_to_resource", ResourceName=arn, Tags=tag_list({RELEASED: "true"}))
        self._aws.change("rds", "remove_tags_from_resource", ResourceName=arn, TagKeys=[EXPIRES])

    def cut_over(self, report: Report) -> None:
        """Give the released instance the identifier, the groups, and the tags. Each step finds what an interrupted one did."""
        if (old := self.target()) is not None and RELEASED not in tags_of(old):
            Reaper(self._aws, self._clock, self._plan.limits.poll).wait_until_gone(INSTANCE, self.previous, GONE_SECONDS)
            self._rename(self._plan.identifier, self.previous)
        old = self._find(self.previous)
        if self._find(self.name) is not None:
            self._rename(self.name, self._plan.identifier)
        new = self._steps.usable(self._plan.identifier)
        if old is not None:
            if late := settings_after_release(old, new):
                self._steps.change("modify_db_instance", {**self._now(self._plan.identifier), **late})
                new = self._steps.usable(self._plan.identifier)
            self._own(old, new)
        report.previous = self._finish(old, report)
        self._aws.change(
            "rds",
            "remove_tags_from_resource",
            ResourceName=str(new["DBInstanceArn"]),
            TagKeys=[RELEASED, MANAGED_BY, PURPOSE, DATABASE, RUN],
        )

    def _own(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """The owner tags move: two instances must not carry the same address. The old one gets ours, so that a later run deletes it."""
        owner = {key: value for key, value in tags_of(old).items() if not key.startswith(("aws:", "rds:"))}
        if ENVIRONMENT not in owner:
            return
        self._aws.change("rds", "add_tags_to_resource", ResourceName=str(new["DBInstanceArn"]), Tags=tag_list(owner))
        arn = str(old["DBInstanceArn"])
        if not self._plan.keep_previous:
            ours = temporary(maker_of(self._plan), str(old["DbiResourceId"]), self._reading.time.now(), self._plan.limits.ttl)
            self._aws.change("rds", "add_tags_to_resource", ResourceName=arn, Tags=tag_list(ours))
        marks = [key for key in owner if key.startswith("mainstay:")]
        self._aws.change("rds", "remove_tags_from_resource", ResourceName=arn, TagKeys=marks)

    def _finish(self, old: Mapping[str, Any] | None, report: Report) -> str:
        """Delete the instance that was replaced, or leave it; its identifier if it stays."""
        if old is None:
            return ""
        if self._plan.keep_previous:
            return self.previous
        found = Reaper(self._aws, self._clock, self._plan.limits.poll).delete(INSTANCE, self.previous)
        report.notes += found.notes
        return self.previous if found.notes else ""

    def _rename(self, before: str, after: str) -> None:
        self._say(f"{before} becomes {after}", 0)
        self._steps.change("modify_db_instance", {**self._now(before), "NewDBInstanceIdentifier": after})
        for waited in until(self._clock, self._plan.limits.restore, self._plan.limits.poll):
            if self._find(before) is None and self._find(after) is not None:
                return
            self._say(f"{before} becomes {after}", waited)
        raise GaveUp("failed", "rename_timeout", f"{before} is not called {after} after {minutes(self._plan.limits.restore)}. Run again.")

    @staticmethod
    def _now(name: str) -> dict[str, Any]:
        return {"DBInstanceIdentifier": name, "ApplyImmediately": True}

    def _find(self, name: str) -> dict[str, Any] | None:
        return instance(self._aws, self._reading.time, name)
