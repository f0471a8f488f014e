# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What happens to objects over time: cheaper storage classes, expiry, old versions, and abandoned uploads.

The rules are those of "Transitioning objects using Amazon S3 Lifecycle" in the Amazon S3 User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ....inputs.problems import Problems
from ....inputs.reader import Reader

CLASSES = ("standard_ia", "intelligent_tiering", "onezone_ia", "glacier_ir", "glacier", "deep_archive")
"""Storage classes in the order in which objects can move through them."""
INFREQUENT = ("standard_ia", "onezone_ia")
LEAST_DAYS = 30
"""The age of objects before they move to an infrequent-access class, and their time there before they move on."""
MOST_DAYS = 36_500
MOST_BYTES = 5 * 1024**4
NAME_LENGTH = 100
MINIMUM_SIZES = ("all_storage_classes_128K", "varies_by_storage_class")


@dataclass(frozen=True)
class Rule:
    """One rule. ``transitions`` and ``noncurrent_transitions``: storage class -> days. 0 days mean never, except in transitions."""

    name: str
    path: str
    prefix: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    larger_than: int = 0
    smaller_than: int = 0
    transitions: Mapping[str, int] = field(default_factory=dict)
    expire_days: int = 0
    noncurrent_transitions: Mapping[str, int] = field(default_factory=dict)
    noncurrent_days: int = 0
    noncurrent_keep: int = 0


@dataclass(frozen=True)
class Lifecycle:
    """The rules of one bucket. ``noncurrent_days`` and ``abort_uploads_days`` concern the whole bucket; 0 means never."""

    abort_uploads_days: int = 7
    noncurrent_days: int = 0
    noncurrent_keep: int = 0
    minimum_size: str = ""
    rules: tuple[Rule, ...] = ()


def read_lifecycle(reader: Reader, versioning: bool) -> Lifecycle:
    rules = reader.section("rules")
    found = Lifecycle(
        abort_uploads_days=reader.integer("abort_uploads_days", 7, 0, MOST_DAYS),
        noncurrent_days=reader.integer("noncurrent_days", 90 if versioning else 0, 0, MOST_DAYS),
        noncurrent_keep=reader.integer("noncurrent_keep", 0, 0, 100),
        minimum_size=reader.choice("minimum_size", MINIMUM_SIZES, ""),
        rules=tuple(_rule(name, one) for name, one in rules.named("the name of a lifecycle rule", NAME_LENGTH)),
    )
    _check(found, versioning, reader)
    reader.finish()
    return found


def _rule(name: str, reader: Reader) -> Rule:
    found = Rule(
        name=name,
        path=reader.path,
        prefix=reader.text("prefix", ""),
        tags=reader.string_map("tags"),
        larger_than=reader.integer("larger_than", 0, 0, MOST_BYTES),
        smaller_than=reader.integer("smaller_than", 0, 0, MOST_BYTES),
        transitions=_transitions(reader, "transitions"),
        expire_days=reader.integer("expire_days", 0, 1, MOST_DAYS),
        noncurrent_transitions=_transitions(reader, "noncurrent_transitions"),
        noncurrent_days=reader.integer("noncurrent_days", 0, 1, MOST_DAYS),
        noncurrent_keep=reader.integer("noncurrent_keep", 0, 0, 100),
    )
    if not any((found.transitions, found.expire_days, found.noncurrent_transitions, found.noncurrent_days)):
        reader.problems.missing(found.path, "set transitions, expire_days, noncurrent_transitions, or noncurrent_days")
    reader.finish()
    return found


def _transitions(reader: Reader, key: str) -> dict[str, int]:
    section = reader.section(key)
    found = {name: section.integer(name, -1, 0, MOST_DAYS) for name in CLASSES}
    section.finish()
    days = {name: days for name, days in found.items() if days >= 0}
    _check_order(days, section)
    return days


def _check_order(days: Mapping[str, int], section: Reader) -> None:
    """Objects move only from one class to a later one, and stay in the infrequent-access classes for 30 days."""
    names = list(days)
    for name in names:
        if name in INFREQUENT and days[name] < LEAST_DAYS:
            section.problems.add(
                section.at(name), days[name], f"objects move to {name} {LEAST_DAYS} days after their creation at the earliest"
            )
    for before, after in pairwise(names):
        least = days[before] + (LEAST_DAYS if before in INFREQUENT else 1)
        if days[after] < least:
            section.problems.add(
                section.at(after), days[after], f"objects move to {before} after {days[before]} days, so it must be {least} or more"
            )


def _check(found: Lifecycle, versioning: bool, reader: Reader) -> None:
    problems = reader.problems
    for rule in found.rules:
        if (rule.noncurrent_days or rule.noncurrent_transitions) and not versioning:
            problems.messages.append(
                f"{rule.path} concerns old versions, which only exist with versioning; set versioning: true on the bucket"
            )
        _check_end(rule.noncurrent_days, rule.noncurrent_transitions, f"{rule.path}.noncurrent_days", problems)
        if rule.smaller_than and rule.smaller_than <= rule.larger_than:
            problems.add(f"{rule.path}.smaller_than", rule.smaller_than, f"larger_than is {rule.larger_than}, so no object would match")
    for text in early_expiries(found.rules):
        problems.messages.append(text)


def _check_end(end: int, transitions: Mapping[str, int], path: str, problems: Problems) -> None:
    late = {name: days for name, days in transitions.items() if end and days >= end}
    for name, days in late.items():
        problems.add(path, end, f"objects move to {name} after {days} days: they would be gone before")


def early_expiries(rules: tuple[Rule, ...]) -> Iterator[str]:
    """One sentence for each transition that no object lives to see: its own rule, or one for all of its objects, expires them before."""
    for ending in rules:
        for moving in rules:
            if not ending.expire_days or not _covers(ending, moving):
                continue
            for name, days in moving.transitions.items():
                if days >= ending.expire_days:
                    whose = "" if moving is ending else f" (rule {moving.name})"
                    yield (
                        f"{ending.path}.expire_days is {ending.expire_days}, but objects move to {name} after {days} days{whose}: they "
                        "would be deleted before they are archived. Let them expire later, or remove the transition"
                    )


def _covers(one: Rule, other: Rule) -> bool:
    """Whether every object that the other rule matches is matched by this one."""
    if one is other:
        return True
    tags = all(other.tags.get(name) == value for name, value in one.tags.items())
    sizes = one.larger_than <= other.larger_than and (not one.smaller_than or 0 < other.smaller_than <= one.smaller_than)
    return other.prefix.startswith(one.prefix) and tags and sizes


def as_names(classes: Mapping[str, Any]) -> dict[str, Any]:
    """Storage classes as S3 writes them: STANDARD_IA."""
    return {name.upper(): value for name, value in classes.items()}
