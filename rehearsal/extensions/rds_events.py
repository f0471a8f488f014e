"""Events of DB instances, of the last 14 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.query_api import contradictory, filtered, invalid, page
from rehearsal.registry import Call, answers

KEPT_MINUTES = 14 * 24 * 60
DEFAULT_MINUTES = 60


@dataclass(frozen=True)
class Event:
    """In the form of moto's events, which are listed together with these."""

    source_identifier: str
    source_type: str
    message: str
    event_categories: list[str]
    source_arn: str
    date: datetime


def happened(instance: Any, category: str, message: str) -> None:
    """Records an event of an instance."""
    name = instance.db_instance_identifier
    instance.backend.events.append(Event(name, "db-instance", message, [category], instance.arn, datetime.now(UTC)))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@answers("rds", "DescribeEvents")
def describe(call: Call) -> Any:
    """By default those of the last hour, oldest first."""
    source, kind = call.get("SourceIdentifier"), call.get("SourceType")
    if source and not kind:
        raise contradictory("Cannot specify source identifier without source type")
    minutes = call.get("Duration")
    if minutes is not None and not 1 <= minutes <= KEPT_MINUTES:
        raise invalid(f"Invalid duration: {minutes}. It must be at most {KEPT_MINUTES} minutes")
    end = _aware(call.get("EndTime") or datetime.now(UTC))
    begin = _aware(call.get("StartTime") or end - timedelta(minutes=minutes or DEFAULT_MINUTES))
    categories = set(call.get("EventCategories") or [])
    found = [
        event
        for event in call.backend.events
        if source in (None, event.source_identifier)
        and kind in (None, event.source_type)
        and begin <= _aware(event.date) <= end
        and (not categories or categories & set(event.event_categories))
    ]
    shown = [
        {
            "SourceIdentifier": event.source_identifier,
            "SourceType": event.source_type,
            "Message": event.message,
            "EventCategories": list(event.event_categories),
            "Date": _aware(event.date),
            "SourceArn": event.source_arn,
        }
        for event in filtered(call, found, {})
    ]
    return page(call, "Events", shown)
