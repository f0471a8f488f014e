# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Replication of a bucket's new objects to another bucket of the component."""

from __future__ import annotations

from dataclasses import dataclass

from ....inputs.reader import Reader
from ....inputs.values import as_text

STORAGE_CLASSES = ("standard", "standard_ia", "intelligent_tiering", "onezone_ia", "glacier_ir", "glacier", "deep_archive")
EXISTING = (
    "a rule replicates only what is written after it exists. Copy what is there before with S3 Batch Replication, a job with a price and a "
    "report of its own (see README of role s3_cdn), and remove this setting"
)


@dataclass(frozen=True)
class Replication:
    """``to``: the name of the destination in the settings. ``prefixes``: what is replicated; one empty prefix means everything.
    ``time_control``: replication within 15 minutes, with its own price.
    """

    to: str
    path: str
    prefixes: tuple[str, ...] = ("",)
    delete_markers: bool = False
    storage_class: str = ""
    metrics: bool = True
    time_control: bool = False


def read_replication(reader: Reader) -> Replication | None:
    value = reader.take("replication")
    if value is None:
        return None
    section = Reader(value, reader.at("replication"), reader.problems)
    found = Replication(
        to=section.required_text("to", "name the bucket of this component that gets the copies"),
        path=section.path,
        prefixes=section.items("prefixes", ("",), as_text, "it must be a non-empty prefix of objects' keys"),
        delete_markers=section.boolean("delete_markers", False),
        storage_class=section.choice("storage_class", STORAGE_CLASSES, ""),
        metrics=section.boolean("metrics", True),
        time_control=section.boolean("time_control", False),
    )
    if section.take("existing_objects"):
        section.problems.add(section.at("existing_objects"), value["existing_objects"], EXISTING)
    for shorter in found.prefixes:
        for longer in found.prefixes:
            if longer != shorter and longer.startswith(shorter):
                section.problems.add(section.at("prefixes"), longer, f"{shorter!r} already covers it; list one of the two")
    if found.time_control and not found.metrics:
        section.problems.add(section.at("metrics"), False, "time_control comes with metrics; set metrics: true, or remove time_control")
    section.finish()
    return found
