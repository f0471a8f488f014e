# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS says about replicas in other regions: their subnets and keys, and whether their class is offered there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ...aws.connection import Aws
from .facts import AwsFacts
from .judge import of_key, of_subnets
from .kinds.backup_replication import source_region
from .offers import of_replica
from .questions import engine_versions, instances_of, keys_by_arn, orderable, subnets_by_id
from .settings.instance import Instance
from .settings.replicas import Replica
from .settled import has_class

Instances = Mapping[str, Instance]

QUESTION = "replicas in "


@dataclass(frozen=True)
class Region:
    """What AWS answers in another region. ``listed``: whether RDS makes read replicas there of what is in the component's own region."""

    known: AwsFacts
    listed: bool = True


def questions(instances: Instances) -> dict[str, Callable[[Aws], Any]]:
    """One question for each region that has a replica."""
    regions = sorted({replica.region for _one, replica in abroad(instances)})
    return {f"{QUESTION}{region}": partial(facts, region=region, instances=instances) for region in regions}


def abroad(instances: Instances) -> Iterator[tuple[Instance, Replica]]:
    """Each replica in another region, with its primary."""
    return ((one, replica) for one in instances.values() for replica in one.replicas.values() if replica.region)


def facts(aws: Aws, region: str, instances: Instances) -> Region:
    """What AWS answers in a region about the replicas there. Offers are read only for those that do not have their class yet."""
    there = aws.in_region(region)
    here = [(one, replica) for one, replica in abroad(instances) if replica.region == region]
    subnets = sorted({subnet for _one, replica in here for subnet in replica.subnet_ids})
    keys = sorted({replica.kms_key_arn for _one, replica in here if replica.kms_key_arn})
    listed = {str(one["DBInstanceIdentifier"]): one for one in instances_of(there)}
    new = [(one, replica) for one, replica in here if not has_class(replica, listed)]
    known = AwsFacts(
        versions=engine_versions(there) if new else {},
        options=orderable(there, sorted({(one.version, replica.instance_class) for one, replica in new})),
        subnets=subnets_by_id(there, subnets),
        keys=keys_by_arn(there, keys) if keys else {},
    )
    return Region(known, not new or region == aws.home or bool(source_region(aws, aws.home, region)))


def problems(instances: Instances, region: str, answers: Mapping[str, Any]) -> list[str]:
    """Problems with replicas in other regions. ``region``: the component's own; ``answers``: to ``questions``."""
    asked = ((one, replica, answers.get(f"{QUESTION}{replica.region}")) for one, replica in abroad(instances))
    return [text for one, replica, answer in asked if answer for text in of_one(one, replica, region, answer)]


def of_one(one: Instance, replica: Replica, region: str, answer: Region) -> Iterator[str]:
    known, path = answer.known, f"{replica.path}.region"
    if replica.region == region:
        yield f"{path} is {region}, but that is the region of the instance; remove it, or name another one"
        return
    if not answer.listed:
        yield (
            f"{path} is {replica.region}, but RDS makes no read replicas there of instances in {region}; name another region, or remove "
            "the replica and copy snapshots there with AWS Backup"
        )
        return
    there = replace(
        one,
        path=replica.path,
        subnet_ids=replica.subnet_ids,
        subnet_zones=(),
        zone=replica.zone,
        kms_key_arn=replica.kms_key_arn,
        replicas={},
    )
    yield from of_subnets(there, known)
    yield from of_key(there, known)
    if (one.version, replica.instance_class) in known.options:
        yield from of_replica(one, replica, known, known.newest(one.version))
