# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Metrics, Database Insights, and log exports of an instance."""

from __future__ import annotations

from dataclasses import dataclass

from ....inputs.reader import Reader
from ....inputs.values import one_of

INTERVALS = (0, 1, 5, 10, 15, 30, 60)
"""Seconds between metrics of enhanced monitoring; 0 turns it off."""

INSIGHTS = ("standard", "advanced", "none")
LOGS = ("postgresql", "upgrade", "iam-db-auth-error")
"""The logs that RDS for PostgreSQL exports."""

STANDARD_RETENTION, ADVANCED_RETENTION, LONGEST_RETENTION = 7, 465, 731
"""Days: what Performance Insights keeps free of charge, the least that Database Insights advanced requires, and the most."""

MONTH = 31
"""Days in Performance Insights' month: retention is 7, a multiple of 31 up to 713, or 731 (CreateDBInstance)."""


@dataclass(frozen=True)
class Monitoring:
    interval: int = 60
    insights: str = "standard"
    insights_retention_days: int = STANDARD_RETENTION
    log_exports: tuple[str, ...] = LOGS
    log_retention_days: int = 365


def read_monitoring(reader: Reader) -> Monitoring:
    interval = reader.integer("interval", 60, 0, 60)
    if interval not in INTERVALS:
        reader.problems.add(reader.at("interval"), interval, f"it must be one of {', '.join(map(str, INTERVALS))} seconds")
    insights = reader.choice("insights", INSIGHTS, "standard")
    usual = ADVANCED_RETENTION if insights == "advanced" else STANDARD_RETENTION
    monitoring = Monitoring(
        interval=interval,
        insights=insights,
        insights_retention_days=reader.integer("insights_retention_days", usual, STANDARD_RETENTION, LONGEST_RETENTION),
        log_exports=reader.items("log_exports", LOGS, one_of(LOGS), f"it must be one of {', '.join(LOGS)}"),
        log_retention_days=reader.retention_days("log_retention_days", 365),
    )
    check_retention(monitoring, reader)
    reader.finish()
    return monitoring


def check_retention(monitoring: Monitoring, reader: Reader) -> None:
    days, path = monitoring.insights_retention_days, reader.at("insights_retention_days")
    if monitoring.insights == "advanced" and days < ADVANCED_RETENTION:
        remedy = f"Database Insights advanced requires at least {ADVANCED_RETENTION} days; leave it out, or set insights to standard"
        reader.problems.add(path, days, remedy)
    elif days not in (STANDARD_RETENTION, LONGEST_RETENTION) and (days % MONTH or days > 23 * MONTH):
        reader.problems.add(path, days, f"it must be 7, 731, or a multiple of {MONTH} up to {23 * MONTH}")
