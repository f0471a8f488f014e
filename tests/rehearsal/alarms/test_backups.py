# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A database whose backups stop: RDS's events, the rule that counts them, and the alarm on its metric."""

from __future__ import annotations

import json
from dataclasses import replace

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.resources_backups import pattern
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.keeping import backup_alarms
from rehearsal.monitoring.evaluation import FURTHER_PERIODS
from tests.unit.domains.observability import platforms as p

from .monitored import Monitored

HOUR = 3_600
BACKUP = replace(p.BACKUP, hours=2)


def backed_up(monitored: Monitored, identifier: str) -> None:
    """As RDS sends it after an automated backup."""
    detail = {"EventCategories": ["backup"], "SourceType": "DB_INSTANCE", "SourceIdentifier": identifier, "EventID": "RDS-EVENT-0002"}
    entry = {"Source": "aws.rds", "DetailType": "RDS DB Instance Event", "Detail": json.dumps(detail)}
    monitored.cloud.client("events").put_events(Entries=[entry])


def test_an_alarm_rings_when_backups_stop_and_is_over_after_the_next(monitored: Monitored) -> None:
    events = monitored.cloud.client("events")
    topic = monitored.paged_topic()
    events.put_rule(Name=BACKUP.rule_name, EventPattern=json.dumps(pattern(BACKUP)))
    events.put_targets(Rule=BACKUP.rule_name, Targets=[{"Id": "alarms", "Arn": monitored.topic("backups")}])
    (alarm,) = backup_alarms(BACKUP, p.FULL)
    metric = alarm.metric
    assert metric
    backed_up(monitored, BACKUP.identifier)
    monitored.alarm(
        "age",
        Namespace=metric.namespace,
        MetricName=metric.name,
        Statistic=metric.statistic,
        Period=metric.period,
        Dimensions=[{"Name": name, "Value": value} for name, value in metric.dimensions],
        Threshold=alarm.threshold,
        ComparisonOperator=alarm.comparison,
        EvaluationPeriods=alarm.evaluation_periods,
        DatapointsToAlarm=alarm.datapoints,
        TreatMissingData=alarm.missing_data,
        AlarmActions=[topic],
        OKActions=[topic],
    )
    monitored.later(HOUR)
    assert monitored.state("age") == "OK"
    backed_up(monitored, "another")
    monitored.later((BACKUP.hours + FURTHER_PERIODS) * HOUR)
    assert monitored.state("age") == "ALARM"
    backed_up(monitored, BACKUP.identifier)
    monitored.later(HOUR)
    assert monitored.state("age") == "OK"
    assert [(old, new) for _name, old, new in monitored.pages()][-2:] == [("OK", "ALARM"), ("ALARM", "OK")]
