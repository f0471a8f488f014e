# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Automated backups that are replicated to other regions. Pure, except for the questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ...aws.connection import Aws
from ...aws.grants import REGIONAL, Grant, Permissions, arn, each, keeps_mark, marked, not_others, request_marked
from ...aws.place import Place
from ...reconcile.model import Resource, ref
from .keys import key_in
from .kinds.backup_replication import not_offered, source_region
from .settings.backups import Replication
from .settings.instance import Instance

Instances = Mapping[str, Instance]

QUESTION = "replication to "

BACKUPS = (arn("rds", "auto-backup:*"),)
REPLICATIONS = Permissions(
    reads=each("rds", "DescribeDBInstanceAutomatedBackups DescribeSourceRegions", REGIONAL),
    writes={
        # Checked against the source, in its own region.
        **each(
            "rds",
            "StartDBInstanceAutomatedBackupsReplication StopDBInstanceAutomatedBackupsReplication",
            Grant((arn("rds", "db:*"),), (marked,)),
            Grant(BACKUPS),
        ),
        "rds:AddTagsToResource": (
            Grant(BACKUPS, (marked, keeps_mark)),
            Grant(BACKUPS, (request_marked, not_others)),
        ),
        "rds:RemoveTagsFromResource": (Grant(BACKUPS, (marked,)),),
    },
    together={"rds:StartDBInstanceAutomatedBackupsReplication": ("rds:AddTagsToResource", "kms:CreateGrant", "kms:DescribeKey")},
)


def replicated(instances: Instances) -> dict[str, Replication]:
    """The replications that are described, by the name of their instance."""
    return {name: one.backups.replicate_to for name, one in instances.items() if one.backups.replicate_to is not None}


def questions(instances: Instances) -> dict[str, Callable[[Aws], Any]]:
    """Whether RDS replicates backups to each of the destinations."""
    wanted = sorted({one.region for one in replicated(instances).values()})
    return {f"{QUESTION}{region}": partial(_source, destination=region) for region in wanted}


def _source(aws: Aws, destination: str) -> Mapping[str, Any]:
    return source_region(aws, aws.home, destination)


def problems(instances: Instances, region: str, answers: Mapping[str, Any]) -> list[str]:
    """The replications that RDS does not offer, each with the alternatives. ``answers``: to ``questions``."""
    found = []
    for name, one in replicated(instances).items():
        path = f"{instances[name].path}.backups.replicate_to"
        found.append(not_offered(path, region, one.region, answers.get(f"{QUESTION}{one.region}") or {}))
    return [text for text in found if text]


def resources(instances: Instances, place: Place) -> list[Resource]:
    """The replications. Those without a key of their own use the component's key in the destination (keys.py)."""
    return [_replication(instances[name], one, place) for name, one in replicated(instances).items()]


def _replication(instance: Instance, wanted: Replication, place: Place) -> Resource:
    properties = {
        "region": wanted.region,
        "source_db_instance_arn": ref(f"db_instance.{instance.name}", "arn"),
        "backup_retention_period": wanted.retention_days,
        "kms_key_id": wanted.kms_key_arn or key_in(wanted.region),
        "tags": {**place.tags, **instance.tags},
    }
    return Resource("backup_replication", instance.name, properties)
