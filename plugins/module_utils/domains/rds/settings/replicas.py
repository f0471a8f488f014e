# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The read replicas of an instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ....inputs.reader import Reader
from ....inputs.values import KMS_KEY_ARN, REGION, as_zone
from ....reconcile.model import is_unknown
from .parameters import read_parameters
from .storage import read_limit

MOST = 15
"""Read replicas of one instance of RDS for PostgreSQL (CreateDBInstanceReadReplica)."""


@dataclass(frozen=True)
class Replica:
    """A read replica. What it does not say is as with its source. ``region`` is empty for the region of the source. ``promoted``: it is, or
    is to become, a database of its own.

    ``network`` has the ids of another region: a replica there cannot use those of its source.
    """

    name: str
    path: str
    identifier: str
    instance_class: str
    zone: str | None = None
    region: str = ""
    multi_az: bool = False
    autoscale_to: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    kms_key_arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    promoted: bool = False


@dataclass(frozen=True)
class Source:
    """What replicas take from their source."""

    identifier: str
    instance_class: str
    size: int
    autoscale_to: int | None
    parameters: Mapping[str, str]


def read_replicas(reader: Reader, source: Source) -> dict[str, Replica]:
    entries = reader.section("replicas").named("the name of a replica", 20)
    found = {name: read_replica(name, replica, source) for name, replica in entries}
    if len(found) > MOST:
        reader.problems.add(reader.at("replicas"), len(found), f"an instance can have {MOST} read replicas at most")
    return found


def read_replica(name: str, reader: Reader, source: Source) -> Replica:
    region = "" if reader.given.get("region") is None else reader.required_text("region", "it must be a region such as eu-west-1", REGION)
    reader.known.append("region")
    replica = Replica(
        name=name,
        path=reader.path,
        identifier=reader.text("identifier", f"{source.identifier}-{name}"),
        instance_class=reader.text("class", source.instance_class),
        zone=read_zone(reader),
        region=region,
        multi_az=reader.boolean("multi_az", False),
        autoscale_to=read_limit(reader, source.size, source.autoscale_to),
        parameters=read_parameters(reader, source.parameters),
        subnet_ids=reader.ids("subnet_ids", (), "subnet-"),
        security_group_ids=reader.ids("security_group_ids", (), "sg-"),
        kms_key_arn=read_key(reader),
        tags=reader.tags("tags"),
        promoted=reader.boolean("promoted", False),
    )
    check_place(replica, reader)
    reader.finish()
    return replica


def check_place(replica: Replica, reader: Reader) -> None:
    """A replica in another region needs a network there; one in its source's region is in its source's subnet group."""
    if replica.region:
        for key, value in (("subnet_ids", replica.subnet_ids), ("security_group_ids", replica.security_group_ids)):
            if not value:
                remedy = f"the replica is in {replica.region}, where the network of its source is not; list those of a network there"
                reader.problems.missing(reader.at(key), remedy)
    else:
        for key, text in (("subnet_ids", list(replica.subnet_ids)), ("kms_key_arn", replica.kms_key_arn)):
            if text:
                remedy = "a replica in the region of its source has its source's subnets and key; remove it, or name another region"
                reader.problems.add(reader.at(key), text, remedy)
    if replica.zone and replica.multi_az:
        reader.problems.add(reader.at("zone"), replica.zone, "a Multi-AZ replica is in two zones, which AWS chooses; remove one of the two")
    if replica.zone and replica.region and not replica.zone.startswith(replica.region):
        reader.problems.add(reader.at("zone"), replica.zone, f"it must be a zone of {replica.region}, the region of the replica")
    if replica.kms_key_arn and replica.region and replica.kms_key_arn.split(":")[3] != replica.region:
        reader.problems.add(
            reader.at("kms_key_arn"), replica.kms_key_arn, f"it must be a key of {replica.region}, the region of the replica"
        )


def read_zone(reader: Reader) -> str | None:
    value = reader.take("zone")
    if value is None:
        return None
    zone = as_zone(value)
    if zone is None:
        reader.problems.add(reader.at("zone"), value, "it must be the name of an availability zone")
    return zone


def read_key(reader: Reader, region: str = "") -> str:
    """The ARN of the user's own key; empty if the component's is used. ``region``: that of what it encrypts; empty if it is not known."""
    if reader.given.get("kms_key_arn") is None:
        return str(reader.take("kms_key_arn") or "")
    arn = reader.required_text("kms_key_arn", "it must be the ARN of a KMS key, not of an alias", KMS_KEY_ARN)
    if arn and region and not is_unknown(arn) and arn.split(":")[3] != region:
        reader.problems.add(reader.at("kms_key_arn"), arn, f"RDS encrypts with a key of its own region; name one of {region}")
        return ""
    return arn
