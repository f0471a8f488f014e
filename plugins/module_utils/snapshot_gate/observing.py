# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads what the rules look at. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from ..recovery.calls import calls_for
from ..recovery.databases import Database, Snapshot
from ..recovery.reading import Reading
from .judging.facts import Facts
from .judging.policy import Policy

METRICS = "AWS/RDS"
LAG_WINDOW = timedelta(minutes=10)


class Reader(Reading):
    """Safe for use from many threads."""

    def resolved(self, policy: Policy) -> str:
        """The ARN of the key that the policy names by ID, alias or ARN; empty if it names none. Raises CallFailed if there is none."""
        return self.key_arn(policy.kms_key) if policy.kms_key else ""

    def facts(self, database: Database, snapshots: Iterable[Snapshot]) -> Facts:
        """What is known before a snapshot is chosen."""
        key = self.key(database.kms_key) if database.encrypted and database.kms_key else None
        lag = self.replica_lag(database) if database.replica_of else None
        return Facts(database, self.time.now(), tuple(snapshots), key=key, replica_lag=lag)

    def replica_lag(self, database: Database) -> float | None:
        """Seconds; None if CloudWatch does not know."""
        return self._metric(database, "ReplicaLag", "Maximum", self.time.now() - LAG_WINDOW.total_seconds())

    def connections(self, database: Database, since: float) -> float | None:
        """The most connections at a time since then; None if CloudWatch does not know."""
        return self._metric(database, "DatabaseConnections", "Maximum", since)

    def _metric(self, database: Database, name: str, statistic: str, since: float) -> float | None:
        points = self.aws.read(
            "cloudwatch",
            "get_metric_statistics",
            Namespace=METRICS,
            MetricName=name,
            Dimensions=[{"Name": calls_for(database.is_cluster).dimension, "Value": database.identifier}],
            StartTime=datetime.fromtimestamp(since - since % 60, UTC),
            EndTime=datetime.fromtimestamp(self.time.now() + 60, UTC),
            Period=60,
            Statistics=[statistic],
        )["Datapoints"]
        values = [float(one[statistic]) for one in points]
        return max(values, default=None)
