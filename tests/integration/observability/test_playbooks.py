# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What watches queues, from site.yml to destroy.yml: planned from nothing, created, heard by PagerDuty and Slack, alone, and removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import CloudFor
from tests.integration.eks_operations.site import Site
from tests.integration.eks_operations.support import ACCOUNT, REGION
from tests.integration.site import Requests

PAGER = "https://events.pagerduty.com/integration/0123456789abcdef0123456789abcdef/enqueue"
HOOK = "https://hooks.slack.com/services/T00000000/B00000000/canary0123456789abcdef"
SEVERITIES: dict[str, Any] = {
    "critical": {"pagerduty": {"url_secret": "pagerduty/critical"}, "slack": {"webhook_secret": "slack/alarms"}},
    "warning": {"email": ["ops@example.com"]},
}
OWN = {
    "checkout-failed": {
        "metric": {"namespace": "Shop", "name": "CheckoutFailed", "statistic": "Sum", "period": 60},
        "threshold": 5,
        "evaluation_periods": 1,
        "severity": "critical",
    }
}
LOGS = {"api": {"group": "/mainstay/prod/api", "retention_days": 90}}
FILTERS = {"new-users": {"log_group": "api", "pattern": '{ $.event = "user" }', "metric": {"name": "NewUsers", "namespace": "Shop"}}}
QUERIES = {"errors": {"query": 'filter level = "error"', "log_groups": ["api"]}}
MUTES = {"patching": {"cron": "0 2 * * SUN", "duration": "PT2H", "alarms": ["queue-email-*"]}}


@pytest.fixture(scope="module")
def site(cloud_for: CloudFor, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The tests of this module follow each other."""
    cloud = cloud_for(account_id=ACCOUNT, region=REGION, settings={"control_planes": False})
    made = Site(cloud, Path(tmp_path_factory.mktemp("watch")), {"messaging": ["queues"], "observability": ["watch"]})
    made.variables |= {
        "messaging_queues": {"email": {}},
        "observability_severities": SEVERITIES,
        "observability_alarms": OWN,
        "observability_heartbeat": {"at": "07:00"},
        "observability_log_groups": LOGS,
        "observability_metric_filters": FILTERS,
        "observability_queries": QUERIES,
        "observability_mute_rules": MUTES,
    }
    return made


def alarm_names(site: Site) -> list[str]:
    found = site.cloud.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return sorted(one["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for one in found[kind])


def described(**more: Any) -> tuple[str, ...]:
    return ("--extra-vars", json.dumps(more))


def test_a_secret_that_does_not_exist_stops_the_run_before_its_first_change(site: Site) -> None:
    requests = Requests(site.cloud)
    failed = site.run("site.yml", "--limit", "watch")
    assert failed.says("severities.critical.pagerduty.url_secret is 'pagerduty/critical', but that secret does not exist"), failed.text
    assert requests.changes() == []


def test_everything_is_planned_from_nothing_and_created(site: Site) -> None:
    secrets = site.cloud.client("secretsmanager")
    secrets.create_secret(Name="pagerduty/critical", SecretString=PAGER)
    secrets.create_secret(Name="slack/alarms", SecretString=json.dumps({"url": HOOK}))
    requests = Requests(site.cloud)
    planned = site.must("site.yml", "--check", "--diff")
    assert requests.changes() == []
    site.must("site.yml")
    names = alarm_names(site)
    assert {"prod-heartbeat", "prod-checkout-failed"} < set(names)
    (shown,) = site.cloud.client("cloudwatch").list_dashboards()["DashboardEntries"]
    body = site.cloud.client("cloudwatch").get_dashboard(DashboardName=shown["DashboardName"])["DashboardBody"]
    assert (shown["DashboardName"], "prod-email-dead-letter" in body) == ("prod", True)
    assert any(name.startswith("prod-queue-email-dead-letter") for name in names), names
    assert all(planned.says(name.removeprefix("prod-")) for name in names), planned.text
    for canary in (PAGER, HOOK, HOOK.rpartition("/")[2]):
        assert not planned.says(canary)


def test_a_second_run_changes_nothing_also_alone(site: Site) -> None:
    requests = Requests(site.cloud)
    done = site.must("site.yml", "--limit", "watch", "--tags", "observability")
    assert site.summary()["result"] == "no_changes", done.text
    assert done.says("ops@example.com has not confirmed the subscription"), done.text
    assert requests.changes() == []


def test_an_alarm_reaches_pagerduty_and_slack_and_comes_back(site: Site) -> None:
    """One message each when the metric crosses the threshold, one when it is back."""
    cloudwatch, admin = site.cloud.client("cloudwatch"), site.cloud.admin
    for value, state in ((9.0, "ALARM"), (1.0, "OK")):
        admin.clear_arrived()
        cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "CheckoutFailed", "Value": value}])
        admin.advance(60)
        rung = {one["receiver"]: json.dumps(one) for one in admin.arrived()}
        assert sorted(rung) == ["pagerduty", "slack"], rung
        assert len(admin.arrived()) == 2
        assert all("prod-checkout-failed" in text and state in text for text in rung.values()), rung


def test_what_events_say_is_counted_until_it_is_taken_out(site: Site) -> None:
    """The metric counts each event; without its entry in the inventory, the filter and the query go, with consent."""
    logs, cloudwatch = site.cloud.client("logs"), site.cloud.client("cloudwatch")
    group = LOGS["api"]["group"]
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    now = int(logs.describe_log_streams(logGroupName=group)["logStreams"][0]["creationTime"])
    events = [{"timestamp": now, "message": json.dumps({"event": kind})} for kind in ("user", "order", "user")]
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)
    assert cloudwatch.list_metrics(Namespace="Shop", MetricName="NewUsers")["Metrics"]
    out = described(
        observability_metric_filters={}, observability_queries={}, platform_purge=["watch:metric_filter.*", "watch:saved_query.*"]
    )
    site.must("site.yml", "--limit", "watch", *out)
    assert (logs.describe_metric_filters()["metricFilters"], logs.describe_query_definitions()["queryDefinitions"]) == ([], [])
    assert [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]] == [group]


def test_what_is_wrong_changes_nothing(site: Site) -> None:
    requests = Requests(site.cloud)
    for given, said in (
        ({"observability_alarms": {"queue-emial-age": {"threshold": 5}}}, "alarms.queue-emial-age is not the name of a generated alarm"),
        ({"observability_severities": {"urgent": {}}}, "observability_severities is 'urgent', but there is no such severity"),
    ):
        failed = site.run("site.yml", "--limit", "watch", *described(**given))
        assert failed.says(said), failed.text
    assert requests.changes() == []


def test_destroying_leaves_nothing(site: Site) -> None:
    site.must("playbooks/destroy.yml", "--extra-vars", "destroy=prod")
    assert alarm_names(site) == []
    assert site.cloud.client("sns").list_topics()["Topics"] == []
    assert site.cloud.client("logs").describe_log_groups()["logGroups"] == []
