"""Log delivery of replication groups, which ElastiCache sets up after the call that asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.extensions.elasticache_checks import DESTINATIONS
from rehearsal.extensions.elasticache_record import ReplicationGroup
from rehearsal.registry import backend

MEMBERS = ("LogType", "DestinationType", "DestinationDetails", "LogFormat")


def request(group: ReplicationGroup, given: Sequence[Mapping[str, Any]]) -> None:
    """Remembers what a call asks for: new and changed deliveries are pending, those that end are being disabled."""
    for one in given:
        kind = str(one["LogType"])
        if one.get("Enabled") is False:
            if kind in group.logs:
                group.logs[kind] = {**group.logs[kind], "Status": "disabling"}
            continue
        wanted = {name: one[name] for name in MEMBERS}
        before = group.logs.get(kind)
        group.logs[kind] = {**wanted, "Status": "modifying" if before else "enabling"}
    pending = [{name: one[name] for name in MEMBERS} for one in group.logs.values() if one["Status"] in ("enabling", "modifying")]
    if pending:
        group.pending["LogDeliveryConfigurations"] = pending


def settle(group: ReplicationGroup) -> None:
    """Ends what is pending. A destination that does not exist is an error that only the status shows."""
    group.pending.pop("LogDeliveryConfigurations", None)
    for kind, one in list(group.logs.items()):
        if one["Status"] == "disabling":
            del group.logs[kind]
        elif one["Status"] in ("enabling", "modifying"):
            message = _problem(group, one)
            group.logs[kind] = {**one, "Status": "error", "Message": message} if message else {**one, "Status": "active"}


def _problem(group: ReplicationGroup, one: Mapping[str, Any]) -> str | None:
    member, name = DESTINATIONS[one["DestinationType"]]
    destination = one["DestinationDetails"][member][name]
    if member == "CloudWatchLogsDetails":
        known = destination in backend("logs", group.account_id, group.region).groups
    else:
        known = destination in backend("firehose", group.account_id, group.region).delivery_streams
    return None if known else f"Destination {destination} does not exist."
