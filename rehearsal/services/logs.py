"""CloudWatch Logs. The rates are those of its published quotas."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service

SERVICE = Service(
    "logs",
    listings=(Listing("CreateLogGroup", "input:logGroupName", "DescribeLogGroups", ("logGroups", "logGroupName")),),
    rates={"read": (10, 10), "change": (10, 10)},
    reads=frozenset({"StartQuery", "StopQuery"}),
)
