# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Backups of databases: a rule that counts the events of each one, and what the rule needs."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.domain import ObservabilityDomain
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.outputs import outputs

PLACE = Place("prod", "watch", "af-south-1", "123456789012")


def built(backups: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Address -> properties of the resources of a component."""
    described = {"severities": {"critical": {}}, "platform": {"backups": backups}}
    domain = ObservabilityDomain({"environment": "prod", "region": "af-south-1", **described})
    observation = Observation(PLACE)
    assert domain.problems(observation) == []
    return {one.address: dict(one.properties) for one in domain.resources(observation)}


def test_the_alarm_watches_the_rule_that_counts_the_backups_of_its_database() -> None:
    found = built([{"name": "main", "identifier": "prod-main"}])
    rule, alarm = found["alarm_rule.backup-main"], found["metric_alarm.backup-main-age"]
    assert rule["event_pattern"]["detail"] == {"EventID": ["RDS-EVENT-0002"], "SourceIdentifier": ["prod-main"]}
    assert alarm["measure"]["dimensions"] == {"RuleName": rule["rule_name"]}
    assert (alarm["treat_missing_data"], rule["rule_name"]) == ("breaching", "prod-watch-backup-main")


def test_the_rule_may_publish_to_its_topic_with_the_key() -> None:
    found = built([{"name": "main", "identifier": "prod-main"}])
    assert found["alarm_topic.backups"]["subscriptions"] == []
    for one in (found["alarm_topic.backups"]["policy"], found["kms_key.alarms"]["policy"]):
        assert "events.amazonaws.com" in json.dumps(one)


def test_a_rule_of_the_users_own_is_only_watched() -> None:
    found = built([{"name": "main", "rule_name": "theirs"}])
    assert found["metric_alarm.backup-main-age"]["measure"]["dimensions"] == {"RuleName": "theirs"}
    assert not {"alarm_rule.backup-main", "alarm_topic.backups"} & set(found)
    assert "events.amazonaws.com" not in json.dumps(found["kms_key.alarms"]["policy"])


def test_outputs_have_severities_only() -> None:
    attributes = {"alarm_topic.backups": {"arn": "a"}, "alarm_rule.backup-main": {"arn": "b"}, "alarm_rule.slack-critical": {"arn": "c"}}
    found = outputs(attributes, "af-south-1")
    assert (found["topics"], found["slack_rules"]) == ({}, {"critical": "c"})
