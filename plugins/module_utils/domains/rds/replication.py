# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What instances have in other regions: replicated automated backups and the key of the component there. Pure, except for the questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ...aws.connection import Aws
from ...aws.grants import Grant, Permissions, arn, each, keeps_mark, marked, not_others, request_marked
from ...aws.place import Place
from ...aws.policies import key_policy
from ...reconcile.model import Resource, ref
from .kinds.backup_replication import not_offered, source_region
from .settings.backups import Replication
from .settings.instance import Instance

Instances = Mapping[str, Instance]

QUESTION = "replication to "
KEY_KIND = "database_key"

BACKUPS = (arn("rds", "auto-backup:*"),)
REPLICATIONS = Permissions(
    reads=each("rds", "DescribeDBInstanceAutomatedBackups DescribeSourceRegions", Grant(("*",))),
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


def regions(instances: Instances) -> tuple[str, ...]:
    """The further regions that the settings of these instances name."""
    replicas = {replica.region for one in instances.values() for replica in one.replicas.values() if replica.region}
    return tuple(sorted({one.region for one in replicated(instances).values()} | replicas))


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
    """The replications, and the component's key in each region where one of them needs it."""
    wanted = replicated(instances)
    keys = [_key(place.in_region(region)) for region in sorted({one.region for one in wanted.values() if not one.kms_key_arn})]
    return keys + [_replication(instances[name], one, place) for name, one in wanted.items()]


def _key(there: Place) -> Resource:
    properties = {
        "region": there.region,
        "description": f"Replicated backups of {there.environment}/{there.component}",
        "policy": key_policy(there),
        "enable_key_rotation": True,
        "alias": f"alias{there.path}backups",
        "tags": {**there.tags, "Name": f"{there.environment}-{there.component}-backups"},
    }
    return Resource(KEY_KIND, there.region, properties)


def _replication(instance: Instance, wanted: Replication, place: Place) -> Resource:
    properties = {
        "region": wanted.region,
        "source_db_instance_arn": ref(f"db_instance.{instance.name}", "arn"),
        "backup_retention_period": wanted.retention_days,
        "kms_key_id": wanted.kms_key_arn or ref(f"{KEY_KIND}.{wanted.region}", "arn"),
        "tags": {**place.tags, **instance.tags},
    }
    return Resource("backup_replication", instance.name, properties)
