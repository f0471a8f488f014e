# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies of what watches a platform suffice for its whole life, contain no unused action, and exclude the alarms of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names, Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability import silent_alarms
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.domain import ObservabilityDomain
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.platform import GLOBAL_REGION
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Settings, observe, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.permissions.scenarios import called, checked, declared_by, denials, documents, granted
from tests.integration.site import ACCOUNT, DomainSite

REGION = "af-south-1"
PURGE = ("*", "kms_key.*", "watched_log_group.*")
PAGER = "https://events.pagerduty.com/integration/0123456789abcdef0123456789abcdef/enqueue"
HOOK = "https://hooks.slack.com/services/T00000000/B00000000/canary0123456789abcdef"
CONFIRMS = "ConfirmSubscription"
"""What PagerDuty calls."""
SECRETS = {"pagerduty/critical": PAGER, "slack/alarms": HOOK, "slack/bot": "xoxb-canary-1"}
PLATFORM: dict[str, Any] = {
    "databases": [{"name": "main", "identifier": "prod-main", "instance_class": "db.t4g.medium"}],
    "backups": [{"name": "main", "identifier": "prod-main"}],
    "streams": [{"name": "clicks", "cluster_name": "prod-clicks"}],
    "distributions": [{"name": "site", "distribution_id": "E2EXAMPLE"}],
    "applications": [{"name": "shop", "services": [{"name": "api", "found_by": ["prod-main/shop/shop-api"]}]}],
}
LOG = {"group": "/mainstay/prod/api", "retention_days": 90, "tags": {"a": "1", "b": "1"}}
FILTER: dict[str, Any] = {"log_group": "api", "pattern": "user", "metric": {"name": "NewUsers", "namespace": "Shop"}}
QUERY: dict[str, Any] = {"query": 'filter level = "error"', "log_groups": ["api"]}
MUTE: dict[str, Any] = {"cron": "0 2 * * SUN", "duration": "PT2H", "alarms": ["database-main-cpu"]}
FIRST: dict[str, Any] = {
    "severities": {
        "critical": {"pagerduty": {"url_secret": "pagerduty/critical"}, "slack": {"webhook_secret": "slack/alarms"}},
        "warning": {"email": ["ops@example.com"]},
    },
    "heartbeat": {"at": "07:00", "severity": "warning"},
    "log_groups": {"api": LOG},
    "metric_filters": {"users": FILTER},
    "queries": {"errors": QUERY},
    "mute_rules": {"patching": MUTE},
    "platform": PLATFORM,
}
STEPS: dict[str, dict[str, Any]] = {
    "create": FIRST,
    "change": {
        **FIRST,
        "severities": {
            "critical": {"slack": {"token_secret": "slack/bot", "channel": "#alarms"}},
            "warning": {"email": ["ops@example.com"]},
        },
        "alarms": {"database-main-cpu": {"threshold": 90}},
        "log_groups": {"api": {**LOG, "retention_days": 30, "tags": {"a": "2"}}},
        "metric_filters": {"users": {**FILTER, "pattern": "visitor"}},
        "queries": {"errors": {**QUERY, "query": "fields @message"}},
        "mute_rules": {"patching": {**MUTE, "duration": "PT3H"}},
    },
    "fewer": {"severities": {"warning": {}}, "platform": {"databases": PLATFORM["databases"]}},
    "destroy": {},
}
SELDOM: dict[str, str] = {
    **dict.fromkeys(
        (
            *("ec2:DescribeNatGateways", "ec2:DescribeRegions", "iam:GetOpenIDConnectProvider", "iam:ListRoleTags"),
            "secretsmanager:DescribeSecret",
        ),
        "asked about what no host of the inventory claims",
    ),
    **dict.fromkeys(
        (
            *("iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "kms:UpdateAlias", "kms:UpdateKeyDescription"),
            *("logs:AssociateKmsKey", "sns:SetTopicAttributes"),
        ),
        "corrects what was changed by hand",
    ),
    "iam:PutRolePermissionsBoundary": "sets a boundary that the platform requires from now on",
    "elasticloadbalancing:DescribeTags": "asked where a load balancer uses a target group",
    "kafka:ListNodes": "asked where a described cluster exists",
    "ssm:GetParameter": "asked when the reply to taking the run lock was lost",
    "servicequotas:ListServiceQuotas": "asked where a plan consumes several quotas of one service",
    "servicequotas:GetServiceQuota": "asked where a plan consumes a quota",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where an account has no value of its own; in the rehearsal each has",
}
"""Actions that no scenario needs."""

SCOPE = Scope(Place("prod", "watch", REGION, ACCOUNT), names=Names(regions=(GLOBAL_REGION,)))


@dataclass
class Site(DomainSite):
    component: str = "watch"
    domain: ObservabilityDomain | None = None

    region: ClassVar[str] = REGION

    def aws(self, role: str = "apply") -> Aws:
        aws = Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)
        aws.also_in((GLOBAL_REGION,))
        return aws

    def domain_of(self, described: Mapping[str, Any] | None, **params: Any) -> ObservabilityDomain:
        given = {"environment": self.environment, "component": self.component, "region": REGION, **(described or {}), **params}
        self.domain = ObservabilityDomain(given)
        return self.domain

    def live(self, described: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """One run, as the module makes it: questions, checks, quotas, the search for unclaimed resources, the lock, and the apply."""
        domain = self.domain_of(described, **({} if described else {"state": "absent"}))
        aws = self.aws("plan")
        answers = {name: ask(aws) for name, ask in domain.questions().items()}
        observation = Observation(Place(self.environment, self.component, REGION, ACCOUNT, tags=dict(tags)), self.observed(), answers)
        assert list(domain.problems(observation)) == []
        desired = domain.resources(observation)
        plan = self.plan(desired, purge=PURGE)
        domain.checks(plan, aws, REGION)
        silent_alarms.silent(aws, observation.observed, datetime.now(UTC) + timedelta(days=1))  # what they ask about older alarms
        aws.close()
        aws = self.aws()
        try:
            check(plan, domain.kinds, aws, REGION)
            look(aws, [self.component])
            verdict = domain.guard(aws, observation, plan)
            with held(aws, "shared", "a test", SystemClock(), 0.0, silent):
                settings = Settings(Consent(PURGE, PURGE), self.patience)
                result = reconcile(desired, observe(domain.kinds, aws), domain.kinds, aws, settings)
            assert not result.failures, "\n".join(map(str, result.failures))
            assert list(verdict(result)) == []
        finally:
            aws.close()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as started:
        yield started


@pytest.fixture(scope="module")
def calls() -> set[str]:
    """The actions of all operations called during their life."""
    return set()


@pytest.fixture(scope="module")
def used(cloud: Cloud, calls: set[str]) -> set[str]:
    """The actions checked during their life with exactly the policies."""
    for name, value in SECRETS.items():
        cloud.client("secretsmanager").create_secret(Name=name, SecretString=value)
    cloud.admin.policies(**documents(SCOPE, "observability"))
    cloud.admin.clear_requests()
    site = Site(cloud)
    for number, (name, described) in enumerate(STEPS.items()):
        site.live(described, {"owner": "platform", "step": str(number), **({"old": "1"} if not number else {})})
        assert denials(cloud) == [], name
    calls |= called(cloud, lambda request: request["operation"] != CONFIRMS)
    return checked(cloud)


def test_nothing_is_denied_and_no_action_is_too_much(used: set[str]) -> None:
    unneeded = sorted(granted(documents(SCOPE, "observability")["apply"]) - used - set(SELDOM))
    assert unneeded == [], ", ".join(unneeded)


def test_what_is_called_is_what_is_declared(used: set[str], calls: set[str]) -> None:
    assert sorted(calls - declared_by("observability")) == [], "called and not declared"
    uncalled = sorted(declared_by("observability") - calls - set(SELDOM))
    assert uncalled == [], f"declared, and called by no scenario: {', '.join(uncalled)}"


def test_the_alarms_of_others_cannot_be_touched(cloud: Cloud) -> None:
    cloud.admin.reset()
    for name, value in SECRETS.items():
        cloud.client("secretsmanager").create_secret(Name=name, SecretString=value)
    Site(cloud, environment="other").live(FIRST, {"owner": "platform"})
    cloud.admin.policies(**documents(SCOPE, "observability"))
    cloudwatch, sns = cloud.client("cloudwatch"), cloud.client("sns")
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:other-database-main-cpu"
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:other-watch-critical"
    mark = [{"Key": "mainstay:environment", "Value": "prod"}, {"Key": "mainstay:component", "Value": "watch"}]
    denied = (
        lambda: cloudwatch.delete_alarms(AlarmNames=["other-database-main-cpu"]),
        lambda: cloudwatch.tag_resource(ResourceARN=alarm, Tags=mark),
        lambda: cloudwatch.delete_dashboards(DashboardNames=["other"]),
        lambda: sns.delete_topic(TopicArn=topic),
        lambda: sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com"),
    )
    for attempt in denied:
        with pytest.raises(ClientError, match=r"AccessDenied|AuthorizationError"):
            attempt()
