# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The component's key, which outlives its databases as long as a snapshot or a backup needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ....aws.connection import Aws
from ....kinds.kept_key import KeptKey
from .db_instance_keys import needed_keys


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


class DataKey(KeptKey):
    """Kept for final snapshots, for automated backups, and for instances that this component leaves alone."""

    name = "database_key"
    keeps = "snapshots and backups"
    operations = ("rds.describe_db_instance_automated_backups", "rds.describe_db_instances", "rds.describe_db_snapshots")

    def needed(self, aws: Aws) -> Mapping[str, list[str]]:
        return needed(aws)
