# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What to do with the state in which Helm's records of an application's release are found. Pure functions.

A killed Helm leaves its revision pending, and every later run of Helm then fails with "another operation is in progress" (helm#8987,
helm#10599). Whoever holds the application's lease is the only deployment, so a pending revision of ours is that of a killed run. But its
Helm may have outlived the run, and would go on changing objects: it is given the time that Helm itself takes at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ...cluster_objects.manifest import Marks
from ...domains.cluster_content.releases.record import Release
from ...domains.cluster_content.releases.release import DEPLOYED, PENDING

UNINSTALLING, FAILED, SUPERSEDED = "uninstalling", "failed", "superseded"
Action = Literal["go_on", "wait", "take_over", "refuse"]

Labeled = tuple[Release, Mapping[str, str]]
"""A revision and the labels of its record."""


@dataclass(frozen=True)
class Decision:
    """``take_over``: delete the record of the pending revision ``revision``; the one before it then counts again, and the objects of the
    pending one, which have Helm's marks, belong to the next one. ``seconds``: how long to wait before asking again.
    """

    action: Action
    sentence: str = ""
    revision: int = 0
    seconds: float = 0.0


def newest(records: Iterable[Labeled]) -> Labeled | None:
    return max(records, key=lambda one: one[0].revision, default=None)


def before_upgrade(records: Sequence[Labeled], marks: Marks, chart: str, now: datetime, limit: float) -> Decision:
    """What has to happen before Helm may install a chart.

    ``records``: all revisions of the release, of any status. ``marks``: ours. ``chart``: the name of the wanted chart. ``limit``: seconds
    that one run of Helm may take. The caller holds the application's lease.
    """
    found = newest(records)
    if found is None:
        return Decision("go_on")
    release, labels = found
    named = f"Helm release {release.namespace}/{release.name}"
    if owner := _other_owner(labels, marks):
        return Decision(
            "refuse", f"{named} belongs to {owner}, and this is {marks.environment}/{marks.component}: give the application another name"
        )
    if release.chart != chart:
        return Decision(
            "refuse",
            f"{named} is of the chart {release.chart}, and this is {chart}: uninstall it first, or give the application another name",
        )
    if release.status == UNINSTALLING:
        return Decision("refuse", f"{named} is being uninstalled: finish that with helm uninstall {release.name} -n {release.namespace}")
    if release.status in PENDING:
        return _pending(release, named, _is_ours(labels, marks), now, limit)
    return Decision("go_on")


def _pending(release: Release, named: str, ours: bool, now: datetime, limit: float) -> Decision:
    silent = (now - release.changed).total_seconds() if release.changed else limit
    if not ours:
        return Decision(
            "refuse",
            f"revision {release.revision} of {named} has been {release.status} for {silent:.0f} s, and another owner began it: wait, "
            f"or run helm rollback {release.name} -n {release.namespace} once it is certain that no Helm is running",
        )
    if silent < limit:
        return Decision(
            "wait",
            f"revision {release.revision} of {named} is {release.status}: the Helm of a killed run may be at work for another "
            f"{limit - silent:.0f} s",
            release.revision,
            limit - silent,
        )
    return Decision("take_over", f"revision {release.revision} of {named} was left {release.status} by a killed run", release.revision)


def _other_owner(labels: Mapping[str, str], marks: Marks) -> str:
    """The owner that the record's labels name, if it is not us."""
    there = {name: labels[name] for name in marks.scope() if name in labels}
    return "/".join(labels.get(name, "?") for name in marks.scope()) if there and there != marks.scope() else ""


def _is_ours(labels: Mapping[str, str], marks: Marks) -> bool:
    return all(labels.get(name) == value for name, value in marks.scope().items())


def to_go_back_to(records: Iterable[Labeled], verified: int) -> Decision:
    """Whether Helm can go back to the revision that was verified last. ``verified``: its number in our record; 0 if there is none.

    Helm's own default, the revision before, may be one that failed verification: Helm calls it deployed or superseded all the same.
    """
    if not verified:
        return Decision("refuse", "no revision was verified, so there is nothing to go back to")
    found = {release.revision: release for release, _labels in records}
    release = found.get(verified)
    if release is None:
        kept = ", ".join(str(number) for number in sorted(found)) or "none"
        return Decision(
            "refuse", f"Helm no longer has revision {verified}, which was verified last (it has {kept}): raise its history limit"
        )
    if release.status not in (DEPLOYED, SUPERSEDED, FAILED):
        return Decision("refuse", f"revision {verified}, which was verified last, is {release.status}")
    return Decision("go_on", revision=verified)


def is_deployed(records: Iterable[Labeled], verified: int) -> bool:
    """Whether the revision that was verified last is what Helm has deployed now."""
    found = newest(records)
    return found is not None and found[0].revision == verified and found[0].status == DEPLOYED
