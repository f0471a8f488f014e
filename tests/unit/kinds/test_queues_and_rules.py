# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queues, rules, and instance profiles where AWS answers in a way that a call alone does not show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kinds.events_rule import EventsRule, as_pattern
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.instance_profile import IamInstanceProfile
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.sqs_queue import SqsQueue
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, CallFailed, NotYet
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed

URL = "https://sqs.eu-west-1.amazonaws.com/1/a"
RULE = {"rule_name": "a", "description": "one", "event_pattern": {"source": ["aws.ec2"]}, "enabled": True}


class Owner:
    path = "/mainstay/prod/cluster/"

    @staticmethod
    def scope() -> dict[str, str]:
        return {"mainstay:component": "cluster"}

    @staticmethod
    def tags(address: str) -> dict[str, str]:
        return {"mainstay:address": address}


class Account:
    """Records calls. ``there``: the replies of reads by operation; ``fails``: by operation, the error of a change, or its reply."""

    owner = Owner()

    def __init__(self, there: dict[str, Any] | None = None, fails: dict[str, Any] | None = None) -> None:
        self.there, self.fails = there or {}, fails or {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def find(self, _service: str, method: str, **_parameters: Any) -> Any:
        return self.there.get(method)

    def list_all(self, _service: str, method: str, _items: str, **_parameters: Any) -> Any:
        return self.there.get(method, [])

    def once(self, _question: str, ask: Any) -> Any:
        return ask()

    def map(self, function: Any, values: Any) -> list[Any]:
        return [function(one) for one in values]

    def change(self, _service: str, method: str, **parameters: Any) -> Any:
        self.calls.append((method, parameters))
        answer = self.fails.get(method, {})
        if isinstance(answer, Exception):
            raise answer
        return answer

    remove = change


def test_a_queue_of_the_name_is_not_taken_over_unnoticed() -> None:
    """SQS returns an existing queue if its attributes are the same, whoever owns it."""
    account: Any = Account({"get_queue_url": {"QueueUrl": URL}})
    with pytest.raises(AlreadyThere):
        SqsQueue().create(account, "sqs_queue.a", {"queue_name": "a"}, "token")
    assert account.calls == []


@pytest.mark.parametrize("code", ["QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently"])
def test_the_name_of_a_deleted_queue_is_waited_for(code: str) -> None:
    account: Any = Account(fails={"create_queue": CallFailed("You must wait 60 seconds", "CreateQueue", code)})
    with pytest.raises(NotYet) as caught:
        SqsQueue().create(account, "sqs_queue.a", {"queue_name": "a"}, "token")
    assert caught.value.dependency


def test_attributes_of_a_queue_are_changed_in_one_call() -> None:
    account: Any = Account()
    seen = Observed("sqs_queue", "sqs_queue.a", URL, {"tags": {}}, {}, "ready", "")
    SqsQueue().update(account, seen, {"message_retention_period": 300, "sqs_managed_sse_enabled": True, "policy": None})
    sent = {"MessageRetentionPeriod": "300", "SqsManagedSseEnabled": "true", "Policy": ""}
    assert account.calls == [("set_queue_attributes", {"QueueUrl": URL, "Attributes": sent})]


def test_a_rule_of_the_name_is_not_changed_unnoticed() -> None:
    account: Any = Account({"describe_rule": {"Name": "a", "Arn": "arn:aws:events:eu-west-1:1:rule/a"}})
    with pytest.raises(AlreadyThere):
        EventsRule().create(account, "events_rule.a", RULE, "token")
    assert account.calls == []


def test_a_changed_rule_keeps_the_rest() -> None:
    account: Any = Account()
    before = {"description": "one", "event_pattern": json.dumps({"source": ["aws.ec2"]}), "enabled": True, "tags": {}}
    EventsRule().update(account, Observed("events_rule", "events_rule.a", "a", before, {}, "ready", ""), {"enabled": False})
    ((method, sent),) = account.calls
    assert (method, sent["Name"], sent["Description"], sent["State"]) == ("put_rule", "a", "one", "DISABLED")
    assert json.loads(sent["EventPattern"]) == {"source": ["aws.ec2"]}


def test_a_target_that_eventbridge_refuses_fails_although_the_call_succeeds() -> None:
    failed = {"TargetId": "a", "ErrorCode": "ConcurrentModificationException", "ErrorMessage": "try again"}
    account: Any = Account(fails={"put_targets": {"FailedEntryCount": 1, "FailedEntries": [failed]}})
    seen = Observed("events_rule", "events_rule.a", "a", {}, {}, "ready", "")
    with pytest.raises(CallFailed, match="a: try again"):
        EventsRule().set_target_arns(account, seen, ["arn:aws:sqs:eu-west-1:1:a"])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"source": ["b", "a"]}', {"source": ["a", "b"]}, True),
        ('{"detail": {"state": ["running"]}}', {"detail": {"state": ["running"]}}, True),
        ('{"source": ["a"]}', {"source": ["a"], "detail-type": ["b"]}, False),
    ],
)
def test_patterns_are_compared_without_the_order_of_alternatives(one: str, other: dict[str, Any], same: bool) -> None:
    assert (as_pattern(one) == as_pattern(other)) is same


def test_only_roles_with_a_profile_are_asked_about() -> None:
    """A component without them makes no further call."""
    roles = [{"RoleName": f"prod.cluster.main.{part}"} for part in ("nodes", "karpenter-nodes", "pod-karpenter")]
    kind, account = IamInstanceProfile("karpenter-nodes"), Account({"list_roles": roles})
    assert kind.listed(account) == [{"InstanceProfileName": "prod.cluster.main.karpenter-nodes-profile"}]  # type: ignore[arg-type]
    assert kind.listed(Account({"list_roles": roles[:1]})) == []  # type: ignore[arg-type]
