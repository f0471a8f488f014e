# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The component's key, which outlives its databases as long as a snapshot or a backup needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....aws.owner import TAG_PREFIX
from ....kinds.kms_key import KmsKey
from ....reconcile.model import Observed
from .db_instance_keys import needed_keys, still_needs

KEPT = f"{TAG_PREFIX}kept-for"
"""The tag of a key that is no longer the component's, and stays for what it encrypted."""


def needed(aws: Aws, deleting: Sequence[str] = (), removed: Sequence[str] = ()) -> dict[str, list[str]]:
    """The keys that snapshots, automated backups, and instances in this region need, with the names of these.

    ``deleting``: see needed_keys. ``removed``: identifiers of the instances that the same run deletes. Any other one needs its key, such as
    the old half of a blue/green deployment, which this component leaves alone.
    """
    snapshots = aws.list_all("rds", "describe_db_snapshots", "DBSnapshots")
    backups = aws.list_all("rds", "describe_db_instance_automated_backups", "DBInstanceAutomatedBackups")
    listed = aws.list_all("rds", "describe_db_instances", "DBInstances")
    staying = [one for one in listed if one["DBInstanceIdentifier"] not in removed and one.get("DBInstanceStatus") != "deleting"]
    return needed_keys(snapshots, backups, deleting, staying)


class DataKey(KmsKey):
    """A key that something still needs is released and not deleted: it loses its aliases and owner tags, and says what it is kept for.

    It would be lost with its pending window, and with it every final snapshot.
    """

    name = "database_key"
    operations = ("rds.describe_db_instance_automated_backups", "rds.describe_db_instances", "rds.describe_db_snapshots")

    def delete(self, aws: Aws, seen: Observed) -> None:
        if not still_needs(str(seen.attributes.get("arn") or seen.id), needed(aws)):
            super().delete(aws, seen)
            return
        where: Mapping[str, Any] = {"KeyId": seen.id}
        names = [name for name in str(seen.properties.get("alias") or "").split(", ") if name]
        for name in names:
            aws.remove("kms", "delete_alias", AliasName=name)
        owner = aws.owner.tags(seen.address)
        text = f"snapshots and backups of {aws.owner.environment}/{aws.owner.component}"
        aws.change("kms", "tag_resource", **where, Tags=[{"TagKey": KEPT, "TagValue": text}])
        aws.change("kms", "untag_resource", **where, TagKeys=sorted(owner))
