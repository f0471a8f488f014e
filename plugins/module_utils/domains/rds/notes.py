# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a plan says beside its actions: until when a version is supported, what is charged for, and what another owner controls. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .facts import AwsFacts
from .kinds.db_instance_storage import grown_note, limit_note
from .kinds.db_instance_versions import left_alone
from .settings.instance import Instance
from .settings.versions import EXTENDED, YEAR_ONE_PRICE, YEAR_THREE_PRICE, major_of

INSIGHTS_PRICE = 0.0125
"""USD per vCPU and hour of Database Insights advanced (aws.amazon.com/cloudwatch/pricing)."""

PROXY_PRICE = 0.015
"""USD per vCPU of the instance and hour of RDS Proxy, for at least 2 vCPUs (aws.amazon.com/rds/proxy/pricing)."""


def notes(instances: Mapping[str, Instance], known: AwsFacts, regions: Sequence[str] = ()) -> list[str]:
    """``regions``: the further ones in which resources are looked for."""
    found = sorted(instances.items())
    return [f"{name}: {text}" for name, one in found for text in (*of_instance(one, known), *of_unseen(one, known, regions))]


def of_unseen(one: Instance, known: AwsFacts, regions: Sequence[str]) -> Iterator[str]:
    """What RDS makes of an instance in regions where this run does not look, such as after the setting that named one was removed."""
    present = known.of(f"db_instance.{one.name}")
    for what, named in (present.attributes.get("elsewhere") or {}).items() if present else ():
        for region in sorted(set(named) - set(regions)):
            yield (
                f"it has {what} in {region}, which no setting names, so this run does not look there; if they are this component's, name "
                f"{region} in platform_further_regions to have them removed, or describe them again"
            )


def of_instance(one: Instance, known: AwsFacts) -> Iterator[str]:
    yield from of_support(one, known)
    if one.monitoring.insights == "advanced":
        yield f"Database Insights advanced is charged at {INSIGHTS_PRICE} USD per vCPU-hour"
    if one.proxy:
        yield f"RDS Proxy is charged at {PROXY_PRICE} USD per vCPU-hour of the instance, for at least 2 vCPUs"
    present = known.of(f"db_instance.{one.name}")
    if present:
        size, limit = present.properties.get("allocated_storage"), one.storage.autoscale_to
        reported = [
            left_alone(f"{one.path}.version", str(present.properties.get("engine_version") or ""), one.version),
            grown_note(f"{one.path}.storage.size", one.storage.size, size),
            limit_note(f"{one.path}.storage.autoscale_to", size, limit),
        ]
        if present.attributes.get("aws_backup"):
            reported.append("AWS Backup owns the backup retention and window, so backups.retention_days and backups.window are not applied")
        yield from (text for text in reported if text)
    else:
        yield from (text for text in [limit_note(f"{one.path}.storage.autoscale_to", one.storage.size, one.storage.autoscale_to)] if text)
    for name, replica in sorted(one.replicas.items()):
        there = known.of(f"db_replica.{one.name}/{name}")
        size = there.properties.get("allocated_storage") if there else one.storage.size
        if text := limit_note(f"{replica.path}.autoscale_to", size, replica.autoscale_to):
            yield text


def of_support(one: Instance, known: AwsFacts) -> Iterator[str]:
    major = major_of(one.version)
    support = known.support.get(major)
    if support is None or not support.standard_until:
        return
    if one.lifecycle_support == EXTENDED:
        then = f"extended support at {YEAR_ONE_PRICE:.2f} USD per vCPU-hour, {YEAR_THREE_PRICE:.2f} from its third year on"
    else:
        then = "AWS upgrades the instance automatically"
    yield f"standard support of PostgreSQL {major} ends on {support.standard_until}, then {then}"
