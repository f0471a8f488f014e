# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How an instance is deleted: with a final snapshot that carries its own mark and no owner tag. See db_instance_final.py for the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ....aws.calls import is_gone
from ....aws.connection import Aws
from ....aws.tags import tag_dict
from ....reconcile.errors import AlreadyThere, Ambiguous, CallFailed, NotYet
from ....reconcile.model import Observed
from ....text.final_names import final_name
from . import db_instance_final as final
from .db_instance_refusals import ALREADY_DELETING, PROTECTED, UNPROTECT, refused
from .db_instance_states import BUSY, DELETING, LOST, is_broken, said
from .db_instance_updating import UpdatingInstance
from .db_instance_upgrading import replicas_of

LEFT = "rds final snapshots"
FINAL = "final_snapshot"
LEFT_BEHIND = "final_snapshot_arn"
"""The attribute that only an instance has of which nothing but its final snapshot is left."""

USED_AGAIN_FOR = timedelta(hours=12)
"""For how long a name that an interrupted deletion has announced is used again."""


class DeletingInstance(UpdatingInstance):
    """See the module's docstring."""

    operations: tuple[str, ...] = ("list_tags_for_resource", "remove_tags_from_resource", "resourcegroupstaggingapi.get_resources")

    def find(self, aws: Aws) -> list[Observed]:
        found = super().find(aws)
        there = {(seen.address, seen.id) for seen in found}
        return [*found, *(seen for seen in self.left_behind(aws) if (seen.address, seen.id) not in there)]

    def left_behind(self, aws: Aws) -> list[Observed]:
        """Deleted instances whose final snapshot still carries owner tags: a run was interrupted before it removed them.

        The index of tags lags behind, so the snapshot's own tags decide.
        """
        arns = aws.once(LEFT, lambda: _marked(aws))
        replies = aws.map(lambda arn: aws.find("rds", "list_tags_for_resource", ResourceName=arn), arns)
        found = []
        for arn, reply in zip(arns, replies, strict=True):
            tags = tag_dict((reply or {}).get("TagList"))
            address = aws.owner.address(tags)
            if address and self.is_mine(address) and final.named_in(tags) == arn.rpartition(":snapshot:")[2]:
                identifier = tags.get(final.SOURCE, "").partition(" ")[0]
                attributes = {LEFT_BEHIND: arn, FINAL: final.named_in(tags)}
                found.append(Observed(self.name, address, identifier, {}, attributes, "deleting", named=True))
        return found

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), FINAL: final.named_in(self.tags_of(raw)) or None}

    def takes_snapshot(self, raw: Mapping[str, Any]) -> bool:
        """Whether deleting this takes a final snapshot. RDS takes none of a replica; its data is its primary's."""
        replica = raw.get("ReadReplicaSourceDBInstanceIdentifier") or raw.get("ReadReplicaSourceDBClusterIdentifier")
        return self.options_of(str(raw["DBInstanceIdentifier"])).final_snapshot and not replica

    def delete(self, aws: Aws, seen: Observed) -> None:
        raws = [] if seen.attributes.get(LEFT_BEHIND) else self.entries_at(aws, self.where(seen))
        if not raws or str(raws[0].get(self.status_member)) in DELETING:
            return
        raw = raws[0]
        snapshot = self.takes_snapshot(raw)
        self.check_deletable(raw, snapshot)
        self.check_replicas(aws, raw)
        how: dict[str, Any] = {"SkipFinalSnapshot": True}
        if snapshot:
            how = {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": self.announced(aws, raw, seen)}
        how["DeleteAutomatedBackups"] = self.options_of(seen.id).delete_automated_backups
        try:
            aws.remove("rds", "delete_db_instance", **self.where(seen), **how)
        except CallFailed as error:
            self.deletion_refused(aws, raw, seen, error)

    def check_deletable(self, raw: Mapping[str, Any], snapshot: bool) -> None:
        """Raises CallFailed for an instance that must not or cannot be deleted, NotYet for one that is busy."""
        identifier, status = raw["DBInstanceIdentifier"], str(raw.get(self.status_member))
        if raw.get("DeletionProtection"):
            raise CallFailed(
                f"{identifier} is protected against deletion", "rds:DeleteDBInstance", "InvalidParameterCombination", UNPROTECT
            )
        if snapshot and status in LOST:
            raise CallFailed(
                f"{identifier} is {status}, and RDS takes no final snapshot of such an instance",
                "rds:DeleteDBInstance",
                "InvalidDBInstanceState",
                "Set deletion.final_snapshot to false for it to delete it without one; its automated backups are kept.",
            )
        if status in BUSY or (snapshot and status == "backing-up"):
            raise NotYet(f"the instance is {status}", "rds:DeleteDBInstance", "InvalidDBInstanceState", dependency=True)

    @staticmethod
    def check_replicas(aws: Aws, raw: Mapping[str, Any]) -> None:
        """Raises CallFailed if deleting it would promote a replica that another owner has.

        Replicas of ours are deleted before their primary, which continues to list them for a moment.
        """
        for replica in replicas_of(aws, raw):
            name = replica["DBInstanceIdentifier"]
            if str(replica.get("DBInstanceStatus")) in DELETING or aws.owner.address(tag_dict(replica.get("TagList"))):
                raise NotYet(f"its read replica {name} is deleted first", "rds:DeleteDBInstance", "ReplicaFirst", dependency=True)
            raise CallFailed(
                f"{raw['DBInstanceIdentifier']} has the read replica {name}, which is not managed by this component, and deleting the "
                "primary would promote it",
                hint="Delete or promote the replica first.",
            )

    def announced(self, aws: Aws, raw: Mapping[str, Any], seen: Observed) -> str:
        """The name of the final snapshot, after the instance's tags announce it and are sure to be copied to it."""
        tags, now = self.tags_of(raw), datetime.now(UTC)
        name = final.named_in(tags)
        if not name or not _is_recent(tags.get(final.WHEN, ""), now) or aws.begun.get(_taken(seen.id)) == name:
            name = final_name(seen.id, now)
            self.mark(aws, self.with_arn(seen, raw), final.marks(seen.id, str(raw.get("DbiResourceId") or ""), name, now))
        if not raw.get("CopyTagsToSnapshot"):
            try:
                aws.change("rds", "modify_db_instance", **self.where(seen), CopyTagsToSnapshot=True, ApplyImmediately=True)
            except CallFailed as error:
                raise refused(error) from error
            raise NotYet("its tags are to be copied to the final snapshot", "rds:ModifyDBInstance", "CopyTagsToSnapshot", dependency=True)
        aws.begun[_final(seen.id)] = name
        return name

    @staticmethod
    def with_arn(seen: Observed, raw: Mapping[str, Any]) -> Observed:
        return replace(seen, attributes={**seen.attributes, "arn": raw.get("DBInstanceArn")})

    def deletion_refused(self, aws: Aws, raw: Mapping[str, Any], seen: Observed, error: CallFailed) -> None:
        """Raises what a refused deletion means; returns if it is already under way."""
        if isinstance(error, Ambiguous):
            raise error
        if ALREADY_DELETING.search(error.message):
            return
        if isinstance(error, AlreadyThere):  # a snapshot of this name: the next attempt announces another one
            aws.begun[_taken(seen.id)] = aws.begun.get(_final(seen.id), "")
            raise NotYet(error.message, error.operation, error.code, dependency=True) from error
        if PROTECTED.search(error.message):
            raise CallFailed(error.message, error.operation, error.code, UNPROTECT) from error
        if error.code == "InvalidDBInstanceState" and is_broken(str(raw.get(self.status_member))):
            raise CallFailed(error.message, error.operation, error.code, said(raw)) from error
        raise refused(error) from error

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """As ``UpdatingInstance.read``; gone only when the final snapshot has lost its owner tags."""
        if not seen.attributes.get(LEFT_BEHIND):
            found = super().read(aws, seen)
            if found is not None:
                return found
        name = aws.begun.get(_final(seen.id)) or str(seen.attributes.get(FINAL) or "")
        return None if not name or self.released(aws, name) else replace(seen, state="deleting")

    @staticmethod
    def released(aws: Aws, name: str) -> bool:
        """Remove the owner tags from a final snapshot; whether it has none any more."""
        reply = aws.find("rds", "describe_db_snapshots", DBSnapshotIdentifier=name)
        for snapshot in (reply or {}).get("DBSnapshots") or ():
            surplus = final.surplus(tag_dict(snapshot.get("TagList")))
            if not surplus:
                continue
            try:
                aws.change("rds", "remove_tags_from_resource", ResourceName=snapshot["DBSnapshotArn"], TagKeys=surplus)
            except CallFailed as error:
                if isinstance(error, Ambiguous | NotYet) or error.code == "InvalidDBSnapshotState" or is_gone(error):
                    return False
                raise
        return True


def _final(identifier: str) -> str:
    return f"final snapshot of {identifier}"


def _taken(identifier: str) -> str:
    return f"taken name of {identifier}"


def _is_recent(when: str, now: datetime) -> bool:
    try:
        return timedelta(0) <= now - datetime.strptime(when, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) <= USED_AGAIN_FOR
    except ValueError:
        return False


def _marked(aws: Aws) -> list[str]:
    """The snapshots with the owner's tags and the mark of a final one."""
    filters: list[dict[str, Any]] = [{"Key": key, "Values": [value]} for key, value in aws.owner.scope().items()]
    found = aws.list_all(
        "resourcegroupstaggingapi",
        "get_resources",
        "ResourceTagMappingList",
        TagFilters=[*filters, {"Key": final.NAME}],
        ResourceTypeFilters=["rds:snapshot"],
    )
    return sorted(str(entry["ResourceARN"]) for entry in found)
