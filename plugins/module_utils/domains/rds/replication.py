# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Automated backups that are replicated to other regions. Pure, except for the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...aws.connection import Aws
from ...aws.grants import REGIONAL, Grant, Permissions, arn, each, keeps_mark, marked, not_others, request_marked
from ...aws.place import Place
from ...reconcile.model import Resource, ref
from .facts import Key
from .judge import key_problems
from .keys import key_in
from .kinds.backup_replication import not_offered, source_region
from .questions import keys_by_arn
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
        "rds:DeleteDBInstanceAutomatedBackup": (Grant(BACKUPS, (marked,)),),
        "rds:AddTagsToResource": (
            Grant(BACKUPS, (marked, keeps_mark)),
            Grant(BACKUPS, (request_marked, not_others)),
        ),
        "rds:RemoveTagsFromResource": (Grant(BACKUPS, (marked,)),),
    },
    together={"rds:StartDBInstanceAutomatedBackupsReplication": ("rds:AddTagsToResource", "kms:CreateGrant", "kms:DescribeKey")},
)


@dataclass(frozen=True)
class Destination:
    """What AWS answers in a destination: ``source`` about the instances' region (source_region), ``keys`` about those of the user there."""

    source: Mapping[str, Any]
    keys: Mapping[str, Key]


def replicated(instances: Instances) -> dict[str, Replication]:
    """The replications that are described, by the name of their instance."""
    return {name: one.backups.replicate_to for name, one in instances.items() if one.backups.replicate_to is not None}


def questions(instances: Instances) -> dict[str, Callable[[Aws], Any]]:
    """Whether RDS replicates backups to each of the destinations, and with which keys."""
    wanted = replicated(instances).values()
    keys = {region: sorted({one.kms_key_arn for one in wanted if one.region == region} - {""}) for region in {one.region for one in wanted}}
    return {f"{QUESTION}{region}": partial(_destination, region=region, keys=keys[region]) for region in sorted(keys)}


def _destination(aws: Aws, region: str, keys: list[str]) -> Destination:
    source = source_region(aws, aws.home, region) if region != aws.home else {}
    return Destination(source, keys_by_arn(aws.in_region(region), keys) if keys else {})


def problems(instances: Instances, region: str, answers: Mapping[str, Any]) -> list[str]:
    """The replications that RDS does not offer, each with the alternatives, and keys that cannot be used. ``answers``: to ``questions``."""
    return [
        text
        for name, one in replicated(instances).items()
        for text in _of_one(f"{instances[name].path}.backups.replicate_to", one, region, answers.get(f"{QUESTION}{one.region}"))
    ]


def _of_one(path: str, one: Replication, region: str, answer: Destination | None) -> Iterator[str]:
    if text := not_offered(path, region, one.region, answer.source if answer else {}):
        yield text
    elif answer and one.kms_key_arn:
        yield from key_problems(f"{path}.kms_key_arn", one.kms_key_arn, answer.keys)


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
