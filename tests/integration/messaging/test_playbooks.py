# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queues from site.yml to destroy.yml: planned from nothing, created, alone with --limit, not replaced without consent, removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import CloudFor
from tests.integration.eks_operations.site import Site
from tests.integration.eks_operations.support import ACCOUNT, REGION
from tests.integration.site import Requests

QUEUES: dict[str, Any] = {"email": {"visibility_timeout_seconds": 120}, "orders": {"fifo": True, "encryption": "kms"}}


@pytest.fixture(scope="module")
def site(cloud_for: CloudFor, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The tests of this module follow each other."""
    cloud = cloud_for(account_id=ACCOUNT, region=REGION, settings={"control_planes": False})
    made = Site(cloud, Path(tmp_path_factory.mktemp("life")), {"messaging": ["queues"]})
    made.variables |= {"messaging_queues": QUEUES}
    return made


def names(site: Site) -> list[str]:
    return sorted(url.rpartition("/")[2] for url in site.cloud.client("sqs").list_queues().get("QueueUrls", []))


def described(**more: Any) -> tuple[str, ...]:
    return ("--extra-vars", json.dumps({"messaging_queues": {**QUEUES, **more}}))


def test_queues_are_planned_from_nothing_and_created(site: Site) -> None:
    requests = Requests(site.cloud)
    planned = site.must("site.yml", "--check", "--diff")
    assert requests.changes() == []
    assert planned.says("message_queue.orders/dead-letter"), planned.text
    site.must("site.yml")
    assert names(site) == ["prod-email", "prod-email-dead-letter", "prod-orders-dead-letter.fifo", "prod-orders.fifo"]


def test_a_second_run_changes_nothing_also_alone(site: Site) -> None:
    requests = Requests(site.cloud)
    done = site.must("site.yml", "--limit", "queues", "--tags", "messaging")
    assert site.summary()["result"] == "no_changes", done.text
    assert requests.changes() == []


def test_what_is_wrong_or_would_lose_messages_changes_nothing(site: Site) -> None:
    """A wrong variable, shorter retention, and another type."""
    requests = Requests(site.cloud)
    sqs = site.cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="prod-email")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    sent = len(requests.changes())
    for given, said in (
        ({"dead_letter": {"queue": "orders"}}, "orders is a FIFO queue and email is a standard queue"),
        ({"retention_seconds": 3600}, "prod-email holds about 1 message. Name email in messaging_allow_message_loss"),
        ({"fifo": True}, "prod-email holds about 1 message, deleted with it"),
    ):
        failed = site.run("site.yml", *described(email=given))
        assert failed.says(said), failed.text
    assert "message_queue.email" in failed.text
    assert len(requests.changes()) == sent
    assert "prod-email" in names(site)


def test_destroying_leaves_nothing(site: Site) -> None:
    done = site.must("playbooks/destroy.yml", "--extra-vars", "destroy=prod")
    assert done.says("prod-email holds about 1 message, deleted with it"), done.text
    assert names(site) == []
