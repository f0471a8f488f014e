# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Events as hints. Kubernetes drops and merges events and deletes them after an hour: show them, but never decide on them alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from ...kubernetes.objects import metadata, moment
from ...kubernetes.values import Obj

SLACK = timedelta(seconds=5)
"""Events of the same apply may be slightly older than the first look."""


def happened(event: Obj) -> datetime | None:
    """When an event last happened. The old and new event APIs fill in different fields and leave the others null."""
    series = event.get("series") or {}
    for value in (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"), event.get("firstTimestamp")):
        if found := moment(value):
            return found
    return moment(metadata(event).get("creationTimestamp"))


def relevant(events: Iterable[Obj], uids: Collection[str], since: datetime) -> list[Obj]:
    """Events about exactly these objects since shortly before the start, newest first. An event without a timestamp proves nothing."""
    found = [(when, event) for event in events if about(event) in uids and (when := happened(event)) and when >= since - SLACK]
    return [event for _when, event in sorted(found, key=lambda pair: pair[0], reverse=True)]


def about(event: Obj) -> str:
    """Uid of the object that the event is about."""
    reference: Any = event.get("involvedObject") or event.get("regarding") or {}
    return str(reference.get("uid", ""))


def latest(events: Iterable[Obj], uid: str, *reasons: str) -> Obj | None:
    """The first event, in the given order, about the object with one of the reasons."""
    return next((event for event in events if about(event) == uid and event.get("reason") in reasons), None)


def message(event: Obj | None) -> str:
    return str((event or {}).get("message") or (event or {}).get("note") or "")
