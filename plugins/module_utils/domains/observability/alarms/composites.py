# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Composite alarms, so that one cause brings one message. Pure functions.

- A broken item usually breaks several of its alarms within minutes. The critical ones of one item page through one composite alarm, and
  send nothing themselves.
- Pods wait because nodes are gone: the alarm on waiting pods sends nothing while the one on nodes is in state ALARM.

Warnings and notices send their own messages: nobody is woken by them, and the message has to name what to do. An application's page is
never suppressed by one about its database: the cause may be another one, and users notice the application.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .model import CRITICAL, Alarm, AnyAlarm, Composite

MOST_CHILDREN = 100
"""Alarms that the rule of one composite alarm may name (CloudWatch quotas)."""
LONGEST_RULE = 10_240
"""Characters of a rule (PutCompositeAlarm); names take up to a hundred of them."""

HELD_BACK = {"pods-unschedulable": "nodes-not-ready", "pods-pending": "nodes-not-ready"}
"""Kind of alarm -> kind of alarm on the same item that explains it."""


def with_composites(alarms: Sequence[Alarm]) -> tuple[AnyAlarm, ...]:
    """The alarms, those that a composite speaks for made silent, followed by the composite alarms."""
    explained = list(explained_ones(alarms))
    covered = {child for one in explained for child in one.children}
    paging = [one for group in groups(one for one in alarms if one.name not in covered) for one in paging_for(group)]
    covered |= {child for one in paging for child in one.children}
    return (*(replace(one, silent=True) if one.name in covered else one for one in alarms), *explained, *paging)


def groups(alarms: Iterable[Alarm]) -> Iterator[list[Alarm]]:
    """The critical alarms of each item in each region, since a rule names only alarms of its own region."""
    found: dict[tuple[tuple[str, str], str], list[Alarm]] = {}
    for one in alarms:
        if one.severity == CRITICAL:
            found.setdefault((one.subject, one.region), []).append(one)
    yield from (group for group in found.values() if len(group) > 1)


def paging_for(group: Sequence[Alarm]) -> Iterator[Composite]:
    """One composite alarm for a group; several if it is larger than a rule may be."""
    section, name = group[0].subject
    prefix = prefix_of(group[0])
    size = max(1, min(MOST_CHILDREN, LONGEST_RULE // (max(len(one.name) for one in group) + len('ALARM("") OR ') + 64)))
    parts = [group[start : start + size] for start in range(0, len(group), size)]
    for number, part in enumerate(parts, 1):
        kind = "critical" if len(parts) == 1 else f"critical-{number}"
        kinds = ", ".join(one.name.removeprefix(f"{prefix}-") for one in part)
        described = f"Something critical is wrong with {section.removesuffix('s').replace('_', ' ')} {name}. Look at the state of: {kinds}."
        yield Composite(
            name=f"{prefix}-{kind}",
            severity=CRITICAL,
            subject=group[0].subject,
            kind=kind,
            children=tuple(one.name for one in part),
            description=described[:1024],
            region=group[0].region,
        )


def explained_ones(alarms: Sequence[Alarm]) -> Iterator[Composite]:
    """Composite alarms in place of those whose cause has an alarm of its own."""
    by_kind = {(one.subject, one.kind): one for one in alarms}
    for one in alarms:
        cause = by_kind.get((one.subject, HELD_BACK.get(one.kind, "")))
        if cause is None or cause.region != one.region:
            continue
        yield Composite(
            name=f"{one.name}-alone",
            severity=one.severity,
            subject=one.subject,
            kind=f"{one.kind}-alone",
            children=(one.name,),
            unless=(cause.name,),
            description=f"{one.description} ({cause.name} is not in state ALARM, so that is not the reason.)"[:1024],
            region=one.region,
        )


def prefix_of(alarm: Alarm) -> str:
    """The beginning that the names of all alarms on an item share: "database-main"."""
    middle = f"-{alarm.subject[1]}-"
    return alarm.name[: alarm.name.index(middle) + len(middle) - 1] if middle in alarm.name else alarm.name
