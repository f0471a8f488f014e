# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queries to AWS before instances can be judged and built: versions, what classes offer, parameters, subnets, keys; all in parallel.

What RDS offers is read only if an instance is to be created or changed in a way that the offers decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...reconcile.model import is_unknown
from .facts import Key, Subnet
from .kinds.db_instance import DbInstance
from .kinds.db_instance_base import LISTED
from .kinds.db_parameter_group import described_parameters
from .settings import versions
from .settings.instance import Instance
from .settings.parameters import EXTENSIONS
from .settled import is_settled

ENGINE = "postgres"
VERSIONS = "rds engine versions"
MOST_VALUES = 200
"""The number of values that an EC2 filter accepts."""


def questions(instances: Mapping[str, Instance]) -> dict[str, Callable[[Aws], Any]]:
    """The queries that these instances require; none if there are no instances."""
    if not instances:
        return {}
    families = {versions.family_of(one.version): set[str]() for one in instances.values()}
    for one in instances.values():
        wanted = families[versions.family_of(one.version)]
        wanted.update(one.parameters, *(replica.parameters for replica in one.replicas.values()))
        wanted.update([EXTENSIONS] if one.content.extensions() else [])
    subnets = sorted({subnet for one in instances.values() for subnet in one.subnet_ids if not is_unknown(subnet)})
    keys = sorted({one.kms_key_arn for one in instances.values() if one.kms_key_arn})
    found: dict[str, Callable[[Aws], Any]] = {
        "versions": lambda aws: engine_versions(aws) if unsettled(aws, instances) else {},
        "support": major_versions,
        "options": lambda aws: orderable(aws, sorted({pair for one in unsettled(aws, instances) for pair in classes_of(one)})),
        "parameters": lambda aws: parameters_of(aws, {family: sorted(names) for family, names in families.items()}),
    }
    if subnets:
        found["subnets"] = lambda aws: subnets_by_id(aws, subnets)
    if keys:
        found["keys"] = lambda aws: keys_by_arn(aws, keys)
    return found


def classes_of(instance: Instance) -> set[tuple[str, str]]:
    """(version as described, class) of an instance and of its replicas in its region."""
    classes = {instance.instance_class, *(one.instance_class for one in instance.replicas.values() if not one.region)}
    return {(instance.version, one) for one in classes}


def unsettled(aws: Aws, instances: Mapping[str, Instance]) -> list[Instance]:
    """The instances whose described state RDS's offers still decide."""
    there = {str(one["DBInstanceIdentifier"]): one for one in instances_of(aws)}
    return [one for one in instances.values() if not is_settled(one, there)]


def instances_of(aws: Aws) -> Sequence[Mapping[str, Any]]:
    """Every instance in the region of the connection. The list is the one that the kinds read."""
    found: Sequence[Mapping[str, Any]] = aws.once(LISTED, lambda: DbInstance().listed(aws))
    return found


def engine_versions(aws: Aws) -> dict[str, Any]:
    """version -> what RDS says about it."""
    listed = aws.once(VERSIONS, lambda: aws.list_all("rds", "describe_db_engine_versions", "DBEngineVersions", Engine=ENGINE))
    return {str(one["EngineVersion"]): one for one in listed}


def rotating(aws: Aws) -> list[str]:
    """The engine versions that take a new server certificate without a restart."""
    return [version for version, one in engine_versions(aws).items() if one.get("SupportsCertificateRotationWithoutRestart")]


def major_versions(aws: Aws) -> dict[str, versions.Support]:
    return versions.support_of(aws.list_all("rds", "describe_db_major_engine_versions", "DBMajorEngineVersions", Engine=ENGINE))


def orderable(aws: Aws, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Any]]:
    """The offers for each (described version, class). A major version is asked about as its newest minor one."""
    if not pairs:
        return {}
    offered = engine_versions(aws)

    def ask(pair: tuple[str, str]) -> list[Any]:
        exact = versions.matching(pair[0], offered)
        if not exact:
            return []
        params = {"Engine": ENGINE, "EngineVersion": exact[-1], "DBInstanceClass": pair[1]}
        return aws.list_all("rds", "describe_orderable_db_instance_options", "OrderableDBInstanceOptions", **params, Vpc=True)

    return dict(zip(pairs, aws.map(ask, pairs), strict=True))


def parameters_of(aws: Aws, families: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """family -> parameter -> its entry in the engine's defaults, for the wanted parameters that exist."""

    def ask(family: str) -> dict[str, Any]:
        return {one["ParameterName"]: one for one in described_parameters(aws, family, families[family])}

    names = sorted(families)
    return dict(zip(names, aws.map(ask, names), strict=True))


def subnets_by_id(aws: Aws, subnets: Sequence[str]) -> dict[str, Subnet]:
    """The facts about these subnets. One that does not exist is left out."""
    batches = [list(subnets[start : start + MOST_VALUES]) for start in range(0, len(subnets), MOST_VALUES)]
    entries = [
        entry
        for batch in batches
        for entry in aws.list_all("ec2", "describe_subnets", "Subnets", Filters=[{"Name": "subnet-id", "Values": batch}])
    ]
    return {one["SubnetId"]: Subnet(one["SubnetId"], one["VpcId"], one["AvailabilityZone"]) for one in entries}


def keys_by_arn(aws: Aws, keys: Sequence[str]) -> dict[str, Key]:
    """The facts about these keys. One that does not exist is left out."""
    replies = aws.map(lambda key: aws.find("kms", "describe_key", KeyId=key), keys)
    found = {key: reply["KeyMetadata"] for key, reply in zip(keys, replies, strict=True) if reply}
    return {key: Key(key, str(one.get("KeyState")), str(one.get("KeySpec") or "SYMMETRIC_DEFAULT")) for key, one in found.items()}
