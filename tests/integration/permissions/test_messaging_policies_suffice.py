# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies of queues, brokers, and streams suffice for their whole life, contain no unused action, and exclude the queues of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.messaging.brokers import BrokerSite
from tests.integration.messaging.streams import StreamSite
from tests.integration.messaging.support import ACCOUNT, PURGE, REGION, Site
from tests.integration.permissions.scenarios import called, checked, declared_by, denials, documents, granted

EVERYTHING = (*PURGE, "mq_broker.*", "secret.*", "mq_configuration.*", "msk_cluster.*", "stream_secret.*")
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
QUEUES: dict[str, dict[str, Any]] = {
    "create": {
        "email": {"senders": {"topics": [TOPIC]}, "encryption": "kms", "tags": {"a": "1", "b": "1"}},
        "orders": {"fifo": True},
    },
    "change": {
        "email": {"senders": {"accounts": ["111122223333"]}, "encryption": "kms", "tags": {"a": "2"}},
        "orders": {"fifo": True, "visibility_timeout_seconds": 60},
    },
    "fewer": {"orders": {"fifo": True, "dead_letter": False}},
    "destroy": {},
}
JOBS: dict[str, Any] = {"instance_type": "mq.m7g.large", "version": "3.13", "maintenance": {"window": "sun:03:00"}}
BROKERS: dict[str, dict[str, Any]] = {
    "create a broker": {"jobs": {**JOBS, "users": {"worker": {}}, "tags": {"a": "1", "b": "1"}}},
    "change a broker": {
        "jobs": {
            **JOBS,
            "instance_type": "mq.m7g.xlarge",
            "users": {"worker": {"rotation": "1"}},
            "configuration": {"consumer_timeout": 60_000},
            "tags": {"a": "2"},
        }
    },
    "upgrade a broker": {"jobs": {**JOBS, "instance_type": "mq.m7g.xlarge", "version": "4.2"}},
    "destroy a broker": {},
}
EVENTS: dict[str, Any] = {"instance_type": "kafka.m5.large", "version": "3.9"}
STREAMS: dict[str, dict[str, Any]] = {
    "create streams": {
        "events": {**EVENTS, "auth": {"scram": {"worker": {}, "reader": {}}}, "topics": {"orders": {}}, "tags": {"a": "1", "b": "1"}},
        "clicks": {"serverless": True},
    },
    "change a stream": {
        "events": {
            **EVENTS,
            "version": "4.1",
            "instance_type": "kafka.m7g.large",
            "brokers": 4,
            "storage_gib": 200,
            "auth": {"unauthenticated": True, "scram": {"worker": {"rotation": "2"}}},
            "topics": {"orders": {"partitions": 2, "configuration": {"retention.ms": 60_000}}},
            "logs": {"retention_days": 14},
            "monitoring": "per_broker",
            "tags": {"a": "2"},
        },
        "clicks": {"serverless": True},
    },
    "configure a stream": {
        "events": {
            **EVENTS,
            "version": "4.1",
            "instance_type": "kafka.m7g.large",
            "brokers": 4,
            "configuration": {"num.partitions": 6},
        },
    },
    "destroy streams": {},
}
CONSENT = {"allow_reboot": ["*"], "allow_upgrade": ["*"]}
SELDOM = {
    **dict.fromkeys(
        (
            *("ec2:DescribeNatGateways", "iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders", "iam:ListRoleTags"),
            *("iam:ListRoles",),
        ),
        "asked about what no host of the inventory claims",
    ),
    "ssm:GetParameter": "asked when the reply to taking the run lock was lost",
    "servicequotas:ListServiceQuotas": "asked where a plan consumes several quotas of one service",
    "servicequotas:GetServiceQuota": "asked where a plan consumes a quota",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where an account has no value of its own; in the rehearsal each has",
    "kms:UpdateAlias": "takes back an alias that was pointed elsewhere by hand",
    "logs:AssociateKmsKey": "corrects what was changed by hand",
    "kms:UpdateKeyDescription": "corrects what was changed by hand",
    "kafka:DescribeConfiguration": "reads one that is adopted, or that a call without a reply may have made",
    "mq:DescribeConfiguration": "reads one that is adopted, or that a call without a reply may have made",
    "secretsmanager:RestoreSecret": "restores a secret that was deleted by hand, or with an earlier broker",
    "secretsmanager:UpdateSecret": "corrects what was changed by hand",
    "secretsmanager:UpdateSecretVersionStage": "makes a new password the current one once the broker accepts it",
    "secretsmanager:DescribeSecret": "asked about secrets of components that no host claims",
    "kms:TagResource": "part of CreateKey, and for tags of the platform that change",
    "kms:UntagResource": "removes tags of the platform that are no longer described",
}
"""Actions that no scenario needs."""

SCOPE = Scope(Place("prod", "queues", REGION, ACCOUNT))


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as started:
        yield started


def live(site: Site, described: dict[str, Any], **params: Any) -> None:
    """One run, as the module makes it: questions, quotas, the search for unclaimed resources, the lock, and the apply."""
    desired = site.desired(described, **params) if described else []
    if not described:
        site.domain_of(None, state="absent")
    plan = site.plan(desired, purge=EVERYTHING)
    site.checked(plan)
    aws = site.aws()
    try:
        check(plan, site.kinds(), aws, REGION)
        look(aws, [site.component])
        with held(aws, "shared", "a test", SystemClock(), 0.0, silent):
            site.apply(desired, purge=EVERYTHING)
    finally:
        aws.close()


@pytest.fixture(scope="module")
def calls() -> set[str]:
    """The actions of all operations called during their life."""
    return set()


@pytest.fixture(scope="module")
def used(cloud: Cloud, calls: set[str]) -> set[str]:
    """The actions checked during their life with exactly the policies."""
    queues, brokers, streams = Site(cloud), BrokerSite(cloud), StreamSite(cloud)
    brokers.prepare()
    streams.network = brokers.network
    cloud.admin.policies(**documents(SCOPE, "messaging"))
    cloud.admin.clear_requests()
    steps: list[tuple[Site, str, dict[str, Any], dict[str, Any]]] = [
        *((queues, name, described, {}) for name, described in QUEUES.items()),
        *((brokers, name, described, CONSENT) for name, described in BROKERS.items()),
        *((streams, name, described, CONSENT) for name, described in STREAMS.items()),
    ]
    for site, name, described, params in steps:
        live(site, described, **params)
        assert denials(cloud) == [], name
    calls |= called(cloud)
    return checked(cloud)


def test_nothing_is_denied_and_no_action_is_too_much(used: set[str]) -> None:
    unneeded = sorted(granted(documents(SCOPE, "messaging")["apply"]) - used - set(SELDOM))
    assert unneeded == [], ", ".join(unneeded)


def test_what_is_called_is_what_is_declared(used: set[str], calls: set[str]) -> None:
    assert sorted(calls - declared_by("messaging")) == [], "called and not declared"
    uncalled = sorted(declared_by("messaging") - calls - set(SELDOM))
    assert uncalled == [], f"declared, and called by no scenario: {', '.join(uncalled)}"


def test_the_queues_of_others_cannot_be_touched(cloud: Cloud) -> None:
    cloud.admin.reset()
    theirs = Site(cloud, environment="other")
    theirs.apply(theirs.desired({"email": {}}))
    cloud.admin.policies(**documents(SCOPE, "messaging"))
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="other-email")["QueueUrl"]
    mark = {"mainstay:environment": "prod", "mainstay:component": "queues"}
    denied: list[tuple[str, dict[str, Any]]] = [
        ("set_queue_attributes", {"Attributes": {"VisibilityTimeout": "1"}}),
        ("tag_queue", {"Tags": mark}),
        ("untag_queue", {"TagKeys": ["mainstay:environment"]}),
        ("delete_queue", {}),
    ]
    for method, parameters in denied:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(sqs, method)(QueueUrl=url, **parameters)
