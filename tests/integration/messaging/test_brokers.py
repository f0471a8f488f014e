# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A broker through its life, and what is inside it: one cloud, one broker for each test."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.request
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.broker_content.server.hashes import is_hash_of
from rehearsal.testing import Cloud
from tests.integration.site import Requests, summary, touched

from .brokers import BrokerSite

JOBS: dict[str, Any] = {"instance_type": "mq.m7g.large", "version": "3.13", "maintenance": {"window": "sun:03:00"}}
USERS = {"worker": {"permissions": {"shop": "write"}}, "monitor": {"tags": ["monitoring"]}}
VHOSTS = {"shop": {"queues": {"orders": {"arguments": {"x-delivery-limit": 5}}}}}


def jobs(**more: Any) -> dict[str, Any]:
    return {"jobs": {**JOBS, "users": USERS, "vhosts": VHOSTS, **more}}


@pytest.fixture
def brokers(cloud: Cloud) -> BrokerSite:
    site = BrokerSite(cloud)
    site.prepare()
    return site


def test_planned_created_unchanged_changed_rebooted_and_removed(brokers: BrokerSite) -> None:
    desired = brokers.desired(jobs())
    planned = summary(brokers.plan(desired))
    assert set(planned.values()) == {"create"}
    brokers.apply(desired)
    assert set(brokers.ids()) == set(planned)
    assert brokers.bring(jobs()) == []
    found = brokers.broker()
    assert (found["DeploymentMode"], found["EngineVersion"], found["AutoMinorVersionUpgrade"]) == ("CLUSTER_MULTI_AZ", "3.13.7", True)
    assert found["EncryptionOptions"]["KmsKeyId"].startswith("arn:aws:kms:")
    # a patch version of AWS's own is no drift, and never sent back
    brokers.cloud.admin.happen("mq", "patch_upgrade", BrokerId=found["BrokerId"], EngineVersion="3.13.8")
    assert brokers.bring(jobs(instance_type="mq.m7g.xlarge")) == ["mq:UpdateBroker"]
    assert brokers.broker()["PendingHostInstanceType"] == "mq.m7g.xlarge"
    assert brokers.bring(jobs(instance_type="mq.m7g.xlarge")) == []
    assert any("pending until the maintenance window (sun:03:00 UTC" in one for one in brokers.domain_notes())
    assert brokers.bring(jobs(instance_type="mq.m7g.xlarge"), allow_reboot=["jobs"]) == ["mq:RebootBroker"]
    assert brokers.broker()["HostInstanceType"] == "mq.m7g.xlarge"
    assert brokers.bring(jobs(instance_type="mq.m7g.large"), allow_reboot=["*"]) == ["mq:UpdateBroker", "mq:RebootBroker"]
    brokers.apply(list(brokers.desired({})), purge=("*", "kms_key.*", "mq_broker.*", "secret.*"))
    assert brokers.cloud.client("mq").list_brokers()["BrokerSummaries"] == []
    assert brokers.cloud.client("mq").list_configurations()["Configurations"] == []


def test_to_rabbitmq_4_with_consent_and_not_with_mirrored_queues(brokers: BrokerSite) -> None:
    brokers.bring(jobs())
    assert ["messaging_allow_upgrade" in one for one in brokers.problems(jobs(version="4.2"))] == [True]
    four, consent = jobs(version="4.2"), {"allow_upgrade": ["jobs"], "allow_reboot": ["jobs"]}
    brokers.cloud.admin.happen("mq", "mirrored_queues", BrokerId=brokers.broker()["BrokerId"], Exist=True)
    result = brokers.try_apply(brokers.desired(four, **consent))
    assert "move the queues to quorum queues" in result.failures[0].message
    assert brokers.broker()["EngineVersion"].startswith("3.13")
    brokers.bring(jobs())  # gives up the upgrade
    assert brokers.broker()["BrokerState"] == "RUNNING"
    brokers.cloud.admin.happen("mq", "mirrored_queues", BrokerId=brokers.broker()["BrokerId"], Exist=False)
    brokers.bring(four, **consent)
    assert brokers.broker()["EngineVersion"] == "4.2.1"
    assert summary(brokers.plan(brokers.desired(four))) == {"mq_configuration.jobs/3.13": "delete (no consent)"}


def test_without_brokers_amazon_mq_is_not_asked(brokers: BrokerSite) -> None:
    requests = Requests(brokers.cloud)
    brokers.plan(brokers.desired({}))
    assert [one for one in requests.reads() if one.startswith(("mq:", "secretsmanager:"))] == []


def called(brokers: BrokerSite, path: str, user: str, password: str, body: dict[str, Any] | None = None) -> Any:
    """A call of a client's own, without our code."""
    context = ssl.create_default_context(cafile=brokers.cloud.environment()["MAINSTAY_REHEARSAL_BROKER_CA"])
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    url = f"{brokers.broker()['BrokerInstances'][0]['ConsoleURL']}/api/{path}"
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, {"Authorization": f"Basic {login}"}, method="PUT" if body else "GET")
    with urllib.request.urlopen(request, context=context) as reply:
        text = reply.read()
    return json.loads(text) if text else None


def password(brokers: BrokerSite, part: str) -> str:
    found = brokers.cloud.client("secretsmanager").get_secret_value(SecretId=f"/mainstay/prod/queues/jobs/{part}")
    return str(json.loads(found["SecretString"])["password"])


def test_what_is_inside_is_made_kept_and_rotated(brokers: BrokerSite) -> None:
    brokers.bring(jobs())
    inside = brokers.inside(vhosts=VHOSTS, users=USERS)
    actions = inside.bring()[1]
    assert sorted(actions) == [
        "rabbitmq_administrator.jobs/administrator",
        "rabbitmq_user.jobs/monitor",
        "rabbitmq_user.jobs/worker",
        "rabbitmq_vhost.jobs/shop",
    ]
    assert brokers.inside(vhosts=VHOSTS, users=USERS).bring()[1] == {}
    administrator = password(brokers, "administrator")
    queues = called(brokers, "queues/shop", "worker", password(brokers, "user-worker"))
    assert [(one["name"], one["type"], one["arguments"]["x-delivery-limit"]) for one in queues] == [("orders", "quorum", 5)]
    permissions = called(brokers, "permissions", "administrator", administrator)
    assert {"vhost": "shop", "user": "worker", "configure": "", "write": ".*", "read": ".*"} in permissions
    # by hand: another password, and another queue, which is an application's
    called(brokers, "users/worker", "administrator", administrator, {"password": "by-hand", "tags": "mainstay.prod.queues"})
    called(brokers, "queues/shop/mails", "administrator", administrator, {"durable": True})
    plan = brokers.inside(vhosts=VHOSTS, users=USERS)
    assert plan.bring() == (1, {"rabbitmq_user.jobs/worker": "update"})
    assert len(called(brokers, "queues/shop", "worker", password(brokers, "user-worker"))) == 2
    other = {"shop": {"queues": {"orders": {"type": "classic"}}}}
    assert "RabbitMQ cannot change that" in brokers.inside(vhosts=other, users=USERS).problems()[0]
    # a rotation: pending until RabbitMQ has it, and current then
    before = (administrator, password(brokers, "user-worker"))
    rotated = jobs(administrator={"rotation": "2"}, users={**USERS, "worker": {**USERS["worker"], "rotation": "2"}})
    brokers.bring(rotated)
    assert (password(brokers, "administrator"), password(brokers, "user-worker")) == before
    assert sorted(brokers.inside(vhosts=VHOSTS, users=USERS).bring()[1]) == [
        "rabbitmq_administrator.jobs/administrator",
        "rabbitmq_user.jobs/worker",
    ]
    assert password(brokers, "administrator") != administrator
    users = called(brokers, "users", "administrator", password(brokers, "administrator"))
    worker = next(one for one in users if one["name"] == "worker")
    assert is_hash_of(worker["password_hash"], password(brokers, "user-worker"))
    assert brokers.inside(vhosts=VHOSTS, users=USERS).bring()[0] == 0
    gone = brokers.inside(vhosts={}, users={}).bring(purge=("*", "rabbitmq_vhost.*"))[1]
    assert gone == {"rabbitmq_user.jobs/monitor": "delete", "rabbitmq_user.jobs/worker": "delete", "rabbitmq_vhost.jobs/shop": "delete"}


def test_what_is_planned_before_the_broker_exists(brokers: BrokerSite) -> None:
    desired = brokers.desired(jobs())
    assert touched(brokers.plan(desired)).keys() >= {"mq_broker.jobs", "secret.jobs/user-worker"}
