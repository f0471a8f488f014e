# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Automated backups that are replicated to other regions. Pure, except for the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...aws.connection import Aws
from ...aws.grants import REGIONAL, Grant, Permissions, arn, each, keeps_mark, marked, not_others, request_marked
from ...aws.place import Place
from ...reconcile.model import Observed, Resource, ref
from .facts import Key
from .judge import key_problems
from .keys import key_in
from .kinds.backup_replication import RETAINED, BackupReplication, not_offered, source_region, status_of
from .questions import keys_by_arn
from .settings.backups import Replication
from .settings.instance import Instance

Instances = Mapping[str, Instance]

QUESTION = "replication to "
MOST = 20
"""Instances of an account whose backups RDS replicates to one region ("Enabling cross-Region automated backups", RDS User Guide)."""

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
    """What AWS answers in a destination: ``source`` about the instances' region (source_region), ``keys`` about those of the user there.

    ``backups``: the replies about all automated backups there, whoever owns them.
    """

    source: Mapping[str, Any]
    keys: Mapping[str, Key]
    backups: Sequence[Mapping[str, Any]] = ()


def replicated(instances: Instances) -> dict[str, Replication]:
    """The replications that are described, by the name of their instance."""
    return {name: one.backups.replicate_to for name, one in instances.items() if one.backups.replicate_to is not None}


def questions(instances: Instances) -> dict[str, Callable[[Aws], Any]]:
    """Whether RDS replicates backups to each of the destinations, and with which keys."""
    wanted = replicated(instances).values()
    keys = {region: sorted({one.kms_key_arn for one in wanted if one.region == region} - {""}) for region in {one.region for one in wanted}}
    return {f"{QUESTION}{region}": partial(_destination, region=region, keys=keys[region]) for region in sorted(keys)}


def _destination(aws: Aws, region: str, keys: list[str]) -> Destination:
    there = aws.in_region(region)
    source = source_region(aws, aws.home, region) if region != aws.home else {}
    return Destination(source, keys_by_arn(there, keys) if keys else {}, BackupReplication().listed(there))


def problems(instances: Instances, region: str, answers: Mapping[str, Any], observed: Sequence[Observed] = ()) -> list[str]:
    """The replications that RDS does not offer, each with the alternatives, and those that it would refuse. ``answers``: to ``questions``;
    ``observed``: what the component has.
    """
    there = {seen.address: seen for seen in observed}
    return [
        text
        for name, one in replicated(instances).items()
        for text in _of_one(instances[name], one, region, answers.get(f"{QUESTION}{one.region}") or Destination({}, {}), there)
    ]


def _of_one(instance: Instance, one: Replication, region: str, answer: Destination, there: Mapping[str, Observed]) -> Iterator[str]:
    path = f"{instance.path}.backups.replicate_to"
    if text := not_offered(path, region, one.region, answer.source):
        yield text
        return
    if one.kms_key_arn:
        yield from key_problems(f"{path}.kms_key_arn", one.kms_key_arn, answer.keys)
    present = there.get(f"db_instance.{instance.name}")
    source = str(present.attributes.get("arn")) if present else ""
    yield from _full(path, one, source, answer)
    if present:
        yield from _other_keys(path, instance, one, source, answer, there)


def _full(path: str, one: Replication, source: str, answer: Destination) -> Iterator[str]:
    """``source``: the ARN of the instance; empty if it does not exist yet."""
    followed = {str(raw.get("DBInstanceArn")) for raw in answer.backups if status_of(raw) not in ("active", RETAINED)}
    if source not in followed and len(followed) >= MOST:
        yield (
            f"{path}.region is {one.region}, but RDS replicates the backups of at most {MOST} instances of an account to a region, and it "
            f"does so for {len(followed)} there; name another region, or end one of these replications"
        )


def _other_keys(
    path: str, instance: Instance, one: Replication, source: str, answer: Destination, there: Mapping[str, Observed]
) -> Iterator[str]:
    """RDS encrypts what it adds to retained backups of an instance with the key of these (stated by the RDS team about its CloudFormation
    type, aws-cloudformation-resource-providers-rds #516). Those that are deleted with their replication do not count.
    """
    ours, own = there.get(f"backup_replication.{instance.name}"), there.get(f"database_key.{one.region}")
    going = ours.id if ours and instance.deletion.automated_backups == "delete" else ""
    wanted = one.kms_key_arn or (str(own.attributes.get("arn")) if own else "")
    copies = [raw for raw in answer.backups if raw.get("DBInstanceArn") == source and raw.get("DBInstanceAutomatedBackupsArn") != going]
    for key in sorted({str(raw["KmsKeyId"]) for raw in copies if raw.get("KmsKeyId")} - {wanted}):
        given = f"'{one.kms_key_arn}'" if one.kms_key_arn else "missing"
        yield (
            f"{path}.kms_key_arn is {given}, but {one.region} has backups of {instance.identifier} that are encrypted with {key}, and RDS "
            "adds to them with the same key only; set it to that key, or delete those backups first"
        )


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
