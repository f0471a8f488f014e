# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is refused before the first call, and how rules, subscriptions, and secrets read."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.described import read_settings
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.judge import may_use
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.kinds.alarm_forms import (
    alarms_in,
    measure,
    measure_of,
    rule,
    rule_of,
    rule_text,
    sent_measure,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.kinds.alarm_topic import effective, subscriptions
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.kinds.hidden import shown_url, stand_in
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.settings.severities import value_problem
from ansible_collections.mainstay.aws.plugins.module_utils.platform.watched import Host, known, watched
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "severity": ({"severities": {"criticl": {}}}, "severities is 'criticl', but there is no such severity; did you mean critical?"),
    "a URL and no secret": (
        {"severities": {"critical": {"pagerduty": {"url_secret": "https://events.pagerduty.com/x?y"}}}},
        "not the URL itself",
    ),
    "address": ({"severities": {"warning": {"email": ["ops"]}}}, "severities.warning.email[0] is 'ops', but it must be an e-mail address"),
    "two ways to Slack": (
        {"severities": {"notice": {"slack": {"webhook_secret": "a", "channel": "#b"}}}},
        "it must have either webhook_secret, or token_secret and channel",
    ),
    "webhook without a secret": (
        {"severities": {"notice": {"slack": {"webhook": "https://hooks.slack.com/services/T/B/canary"}}}},
        "severities.notice.slack.webhook is not a setting",
    ),
    "key of another region": (
        {"key_arns": {"af-south-1": "arn:aws:kms:eu-west-1:123456789012:key/1"}},
        "it must be the ARN of a key in af-south-1",
    ),
    "heartbeat": ({"heartbeat": {"at": "25:00"}}, "heartbeat.at is '25:00', but give the time of the day in UTC"),
    "filter of nothing": (
        {"log_groups": {"api": {"group": "/x/api"}}, "metric_filters": {"a": {"log_group": "apu", "pattern": "x", "metric": {}}}},
        "metric_filters.a.log_group is 'apu', but there is no such log group; did you mean api?",
    ),
    "default beside dimensions": (
        {
            "metric_filters": {
                "a": {
                    "log_group": "/x",
                    "pattern": "x",
                    "metric": {"name": "A", "namespace": "B", "default": 0, "dimensions": {"Service": "$.service"}},
                }
            }
        },
        "a metric with dimensions has no default value",
    ),
    "mute for ever": (
        {"mute_rules": {"a": {"cron": "0 2 * * *", "duration": "P16D", "alarms": ["x"]}}},
        "it must be a duration from PT1M to P15D",
    ),
    "mute at no time": ({"mute_rules": {"a": {"duration": "PT1H", "alarms": ["x"]}}}, "give either cron, such as '0 2 * * SUN', or at"),
    "dashboard": ({"dashboards": {"a": "text"}}, "it must be the body of a dashboard, or false"),
    "platform": ({"platform": {"queue": []}}, "platform.queue is not a setting; did you mean queues?"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_before_the_first_call(name: str) -> None:
    given, sentence = REFUSED[name]
    found = read_settings({"environment": "prod", "region": "af-south-1", **given})[1]
    assert any(sentence in text for text in found), found


RULES: tuple[tuple[str, Any], ...] = (
    ('ALARM("a")', "a"),
    ('ALARM("a") OR ALARM("b")', ["a", "b"]),
    ('(ALARM(a) OR ALARM("b")) AND NOT ALARM("c")', {"all": [["a", "b"], {"not": "c"}]}),
    ('OK("a") AND INSUFFICIENT_DATA("b")', {"all": [{"state": "OK", "of": "a"}, {"state": "INSUFFICIENT_DATA", "of": "b"}]}),
    ("FALSE", []),
    ("ALARM(", {"text": "ALARM("}),
)


@pytest.mark.parametrize(("text", "expected"), RULES)
def test_rules_of_composite_alarms(text: str, expected: Any) -> None:
    found = rule_of(text)
    assert found == expected
    assert rule_of(rule_text(found)) == found


def test_a_rule_names_its_alarms_and_a_list_of_one_is_its_only_rule() -> None:
    assert list(alarms_in({"all": [["a", "b"], {"not": {"state": "OK", "of": "c"}}]})) == ["a", "b", "c"]
    assert rule({"all": [["a"], ["b", "c"]]}) == {"all": ["a", ["b", "c"]]}


def test_a_measure_reads_as_it_was_sent() -> None:
    one = {"namespace": "AWS/SQS", "metric_name": "Age", "dimensions": {"QueueName": "a"}, "statistic": "p99", "period": 60}
    assert measure_of(sent_measure(one)) == one
    queries = [{"id": "m", "metric": one, "returned": False}, {"id": "e", "expression": "m * 2", "label": "two", "returned": True}]
    assert measure(measure_of(sent_measure({"queries": queries}))) == measure({"queries": queries})


def test_pending_subscriptions_count_as_there_and_cannot_be_removed() -> None:
    mail = {"protocol": "email", "endpoint": "a@example.com"}
    old = {"protocol": "email", "endpoint": "old@example.com"}
    waiting = [{**one, "pending": True} for one in (mail, old)]
    assert subscriptions(effective([mail], waiting)) == subscriptions(waiting)
    assert subscriptions(effective([mail], [mail, old])) == [mail]


URL = "https://events.pagerduty.com/integration/canary/enqueue"


def test_secrets_are_not_shown_and_their_changes_are() -> None:
    assert "canary" not in shown_url(URL)
    assert shown_url(URL) == stand_in(URL) != stand_in(f"{URL}x")
    assert shown_url("https://example.com/") == "https://example.com/"


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("x.url_secret", None, "does not exist in AWS Secrets Manager"),
        ("x.url_secret", "canary", "must hold a URL"),
        ("x.url_secret", "http://example.com/canary", "holds a URL without TLS"),
        ("x.url_secret", URL, ""),
        ("x.token_secret", "a b", "must hold a token"),
        ("x.token_secret", "xoxb-canary-1", ""),
    ],
)
def test_values_of_secrets(place: str, value: str | None, expected: str) -> None:
    found = value_problem(place, value)
    assert (expected in found) if expected else found == ""
    assert "canary" not in found


ALLOW = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}
ACCOUNT = {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*"}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([ROOT, ALLOW], True),
        ([ROOT, {**ALLOW, **ACCOUNT}], True),
        ([ROOT], False),
        ([{**ALLOW, "Principal": {"Service": "events.amazonaws.com"}}], False),
        ([{**ALLOW, "Action": "kms:Decrypt"}], False),
        ([{**ALLOW, "Condition": {"StringEquals": {"aws:SourceAccount": "210987654321"}}}], False),
        ([ALLOW, {**ALLOW, "Effect": "Deny"}], False),
    ],
)
def test_whether_cloudwatch_may_use_a_key(statements: list[dict[str, Any]], expected: bool) -> None:
    found = all(may_use({"Statement": statements}, "cloudwatch.amazonaws.com", one, "123456789012") for one in ALLOW["Action"])
    assert found is expected


STREAMS: dict[str, Any] = {"clicks": {"instance_type": "kafka.m7g.large", "brokers": 3}, "audit": {"serverless": True}}
BROKERS: dict[str, Any] = {
    "jobs": {
        "instance_type": "mq.m7g.large",
        "version": "4.2",
        "configuration": {"connection_max": 2_000},
        "vhosts": {"shop": {"queues": {"mail": {}}}},
    },
    "old": {"instance_type": "mq.t3.micro", "version": "3.13", "deployment": "single"},
}


MESSAGING = {"messaging_queues": {"email": {}}, "messaging_brokers": BROKERS, "messaging_streams": STREAMS}


def test_everything_that_hosts_describe_is_watched() -> None:
    shared = {"platform_environment": "prod", "platform_region": "af-south-1", "platform_account_id": "123456789012"}
    gateways = {"networks": {"main": {"nat_gateway_ids": {"af-south-1a": "nat-1", "af-south-1b": UNKNOWN}}}}
    hosts = {
        "vpc": [Host("network", {**shared, "vpc_networks": {"main": {"cidr": "10.0.0.0/16"}}}, gateways)],
        "rds": [Host("database", {**shared, "rds_databases": {"main": {"version": "17", "instance_class": "db.t4g.small"}}})],
        "redis": [Host("cache", {**shared, "redis_caches": {"main": {"node_type": "cache.t4g.small", "replicas": 1}}})],
        "messaging": [
            Host("queues", {**shared, "messaging_queues": {"email": {}}, "messaging_brokers": BROKERS, "messaging_streams": STREAMS})
        ],
        "s3_cdn": [Host("site", {**shared, "s3_cdn_web_acls": {"main": {"scopes": ["cloudfront", "alb"]}, "api": {"scopes": ["alb"]}}})],
    }
    found = watched(hosts)
    assert [one["gateway_id"] for one in found["nat_gateways"]] == ["nat-1", UNKNOWN]
    assert [one["identifier"] for one in found["databases"]] == ["prod-main"]
    assert found["caches"][0]["nodes"] == ["prod-main-001", "prod-main-002"]
    assert [(one["queue_name"], one["dead_letter"]) for one in found["queues"]] == [("prod-email", False), ("prod-email-dead-letter", True)]
    assert [one["gateway_id"] for one in known(found)["nat_gateways"]] == ["nat-1"]
    assert found["backups"] == [{"name": "main", "identifier": "prod-main"}]
    assert [(one["cluster_name"], one["serverless"]) for one in found["streams"]] == [("prod-clicks", False), ("prod-audit", True)]
    jobs, old = found["brokers"]
    assert jobs == {
        "name": "jobs",
        "broker_name": "prod-jobs",
        "version": "4.2",
        "instance_type": "mq.m7g.large",
        "nodes": 3,
        "node_connections": 2_000,
        "queues": [{"name": "mail", "virtual_host": "shop"}],
    }
    assert (old["nodes"], old["node_connections"]) == (1, 0)
    assert [(one["name"], one["acl_name"], one["protects_cloudfront"]) for one in found["web_acls"]] == [
        ("main-cloudfront", "prod-site-main-cloudfront", True),
        ("main-alb", "prod-site-main-alb", False),
        ("api", "prod-site-api", False),
    ]


def test_a_database_without_backups_has_no_alarm_on_their_age() -> None:
    given = {"main": {"version": "17", "instance_class": "db.t4g.small", "backups": {"retention_days": 0}}}
    assert "backups" not in watched({"rds": [Host("database", {"platform_environment": "dev", "rds_databases": given})]})
