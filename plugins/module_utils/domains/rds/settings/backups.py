# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Automated backups, maintenance, and what remains of an instance that is deleted."""

from __future__ import annotations

from dataclasses import dataclass

from ....component.names import PRODUCTION
from ....inputs.reader import Reader
from ....inputs.values import KMS_KEY_ARN, REGION
from ....inputs.windows import overlapping as windows_overlap
from ....inputs.windows import read_window, text_of

LONGEST_RETENTION = 35
"""Days that RDS keeps automated backups at most."""

PRODUCTION_RETENTION, USUAL_RETENTION = 30, 7
DEFAULT_REPLICATED_RETENTION = 7
WHEN = ("window", "now")
AUTOMATED = ("keep", "delete")


@dataclass(frozen=True)
class Replication:
    """The copy of the automated backups in another region. ``kms_key_arn`` is empty if the component makes its own key there."""

    region: str
    retention_days: int = DEFAULT_REPLICATED_RETENTION
    kms_key_arn: str = ""


@dataclass(frozen=True)
class Backups:
    """``retention_days`` 0 turns automated backups off. ``window`` is None if AWS chooses it."""

    retention_days: int = USUAL_RETENTION
    window: str | None = None
    copy_tags: bool = True
    replicate_to: Replication | None = None


@dataclass(frozen=True)
class Maintenance:
    """``apply``: whether changes that interrupt the database wait for the window. ``window`` is None if AWS chooses it."""

    window: str | None = None
    minor_upgrades: bool = True
    apply: str = "window"


@dataclass(frozen=True)
class Deletion:
    """What protects an instance, and what remains of it when it is deleted."""

    protection: bool = False
    final_snapshot: bool = True
    automated_backups: str = "keep"


def read_backups(reader: Reader, environment: str, region: str = "") -> Backups:
    production = environment in PRODUCTION
    backups = Backups(
        retention_days=reader.integer("retention_days", PRODUCTION_RETENTION if production else USUAL_RETENTION, 0, LONGEST_RETENTION),
        window=text_of(read_window(reader, weekly_one=False)),
        copy_tags=reader.boolean("copy_tags", True),
        replicate_to=read_replication(reader, region),
    )
    reader.finish()
    return backups


def read_replication(reader: Reader, region: str) -> Replication | None:
    if reader.given.get("replicate_to") is None:
        reader.take("replicate_to")
        return None
    section = reader.section("replicate_to")
    found = Replication(
        region=section.required_text("region", "give the region that the backups are copied to, such as eu-west-1", REGION),
        retention_days=section.integer("retention_days", DEFAULT_REPLICATED_RETENTION, 1, LONGEST_RETENTION),
        kms_key_arn=section.required_text("kms_key_arn", "it must be the ARN of a KMS key of that region", KMS_KEY_ARN)
        if section.given.get("kms_key_arn") is not None
        else str(section.take("kms_key_arn") or ""),
    )
    if found.region and found.region == region:
        section.problems.add(section.at("region"), found.region, "that is the region of the instance; name another one")
    if found.kms_key_arn and found.region and found.kms_key_arn.split(":")[3] != found.region:
        remedy = f"the copies are encrypted in {found.region}, so it must be a key of that region"
        section.problems.add(section.at("kms_key_arn"), found.kms_key_arn, remedy)
    section.finish()
    return found


def read_maintenance(reader: Reader) -> Maintenance:
    maintenance = Maintenance(
        window=text_of(read_window(reader, weekly_one=True)),
        minor_upgrades=reader.boolean("minor_upgrades", True),
        apply=reader.choice("apply", WHEN, "window"),
    )
    reader.finish()
    return maintenance


def overlapping(backups: Backups, maintenance: Maintenance) -> bool:
    """Whether both windows are given and overlap, which RDS refuses."""
    return windows_overlap(backups.window, maintenance.window)


def read_deletion(reader: Reader, environment: str) -> Deletion:
    deletion = Deletion(
        protection=reader.boolean("protection", environment in PRODUCTION),
        final_snapshot=reader.boolean("final_snapshot", True),
        automated_backups=reader.choice("automated_backups", AUTOMATED, "keep"),
    )
    reader.finish()
    return deletion
