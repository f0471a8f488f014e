# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The call that restores, for the isolated copy. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...aws.tags import tag_list
from ..restoring import FROM_SNAPSHOT, TARGETS, TO_POINT_IN_TIME
from ..usability import SHORT_LIVED
from .plan import Target
from .preparing import Ready
from .sourcing import Original


def request(ready: Ready, target: Target, original: Original, tags: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """(the call, its parameters).

    Groups are named, because RDS would take the defaults of the VPC and the family. The tags are given, because RDS would copy those of the
    source, and a component would take the copy for its own.
    """
    source = ready.source
    given: dict[str, Any] = {
        "DBInstanceClass": target.instance_class or str(source["DBInstanceClass"]),
        "DBSubnetGroupName": target.subnet_group,
        "VpcSecurityGroupIds": list(target.security_groups),
        "DBParameterGroupName": target.parameter_group,
        "EnableIAMDatabaseAuthentication": bool(source.get("IAMDatabaseAuthenticationEnabled")),
        **SHORT_LIVED,
        "Tags": tag_list(tags),
    }
    if original.snapshot is not None:
        return FROM_SNAPSHOT, {TARGETS[FROM_SNAPSHOT]: ready.name, "DBSnapshotIdentifier": original.snapshot.arn, **given}
    at = {TARGETS[TO_POINT_IN_TIME]: ready.name, "RestoreTime": datetime.fromtimestamp(original.moment, UTC)}
    if ready.origin.backups:
        return TO_POINT_IN_TIME, {**at, "SourceDBInstanceAutomatedBackupsArn": ready.origin.backups, **given}
    return TO_POINT_IN_TIME, {**at, "SourceDbiResourceId": ready.resource_id, **given}
