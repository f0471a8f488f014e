# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kinds identified by name: two from future services, declared as a domain would, and every call that they make."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.ec2_kind import Ec2Kind
from ansible_collections.mainstay.aws.plugins.module_utils.aws.kind import AwsKind
from ansible_collections.mainstay.aws.plugins.module_utils.aws.named_kind import NamedCalls, NamedKind, Read, Tagging
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.api_names import api_name
from ansible_collections.mainstay.aws.plugins.module_utils.platform.removal import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.graph import Step, build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Property, Resource, fixed, given, secret
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan

from .scripted import Script, mark, refusal

ARN = "arn:aws:sqs:eu-west-1:1:"
URL = "https://sqs.eu-west-1.amazonaws.com/1/"
OTHERS = {"mainstay:environment": "dev", "mainstay:component": "jobs", "mainstay:address": "queue.jobs"}


class Queue(NamedKind):
    name = "queue"
    calls = NamedCalls(
        service="sqs", list="list_queues", items="QueueUrls", create="create_queue", delete="delete_queue", name="QueueUrl", id="QueueUrl",
        describe="get_queue_attributes", asking={"AttributeNames": ["All"]}, item="Attributes", arn="QueueArn",
    )  # fmt: skip
    tagging = Tagging(tag="tag_queue", untag="untag_queue", key="QueueUrl", members=None, create="tags", read="list_queue_tags")
    operations = ("get_queue_url", "set_queue_attributes")
    called = "queue_name"

    queue_name = fixed()
    visibility_timeout = given(canonical=str)

    def get_queue_name(self, raw: Mapping[str, Any]) -> str:
        return str(raw["QueueUrl"].rpartition("/")[2])

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        attributes = super().request(properties)
        return {"QueueName": attributes.pop("QueueName"), "Attributes": attributes}

    def set_visibility_timeout(self, aws: Aws, seen: Observed, value: str) -> None:
        aws.change("sqs", "set_queue_attributes", QueueUrl=seen.id, Attributes={"VisibilityTimeout": value})

    def known(self, aws: Aws, identifier: str) -> str:
        reply = aws.find("sqs", "get_queue_url", QueueName=super().known(aws, identifier))
        return str(reply["QueueUrl"]) if reply else ""


class Database(NamedKind):
    name = "database"
    calls = NamedCalls(
        service="rds", list="describe_db_instances", items="DBInstances", create="create_db_instance", delete="delete_db_instance",
        item="DBInstance", name="DBInstanceIdentifier", id="DBInstanceIdentifier", arn="DBInstanceArn",
    )  # fmt: skip
    tagging = Tagging(tag="add_tags_to_resource", untag="remove_tags_from_resource", key="ResourceName", of="arn", create_tags="TagList")
    operations = ("modify_db_instance",)
    status_member = "DBInstanceStatus"
    states = {"creating": "pending", "modifying": "pending", "deleting": "deleting", "failed": "failed"}
    settles = ("update", "delete")
    holds_data = True

    db_instance_identifier = fixed("DBInstanceIdentifier")
    engine = fixed()
    allocated_storage = given()
    master_user_password = secret()

    def set_allocated_storage(self, aws: Aws, seen: Observed, value: int) -> None:
        aws.change("rds", "modify_db_instance", **self.where(seen), AllocatedStorage=value, ApplyImmediately=True)

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("rds", "delete_db_instance", **self.where(seen), SkipFinalSnapshot=True)


def queues() -> dict[str, Any]:
    """An account with the queues shop and shop-2, which are ours, jobs, which is another owner's, and an unowned one."""
    tags = {"shop": {**mark("queue.shop"), "Team": "a"}, "shop-2": mark("queue.other"), "jobs": OTHERS, "free": {}}
    gone = refusal("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")

    def about(answer: Callable[[str], Any]) -> Callable[[Mapping[str, Any]], Any]:
        def tell(params: Mapping[str, Any]) -> Any:
            name = params["QueueName"] if "QueueName" in params else params["QueueUrl"].removeprefix(URL)
            return answer(name) if name in tags else gone

        return tell

    return {
        "list_queues": {"QueueUrls": [f"{URL}{name}" for name in tags]},
        "get_queue_attributes": about(lambda name: {"Attributes": {"QueueArn": f"{ARN}{name}", "VisibilityTimeout": "30"}}),
        "list_queue_tags": about(lambda name: {"Tags": tags[name]}),
        "get_queue_url": about(lambda name: {"QueueUrl": f"{URL}{name}"}),
        "create_queue": lambda params: {"QueueUrl": f"{URL}{params['QueueName']}"},
        **{method: {} for method in ("set_queue_attributes", "tag_queue", "untag_queue", "delete_queue")},
    }


def database(name: str, tags: Mapping[str, str], status: str = "available") -> dict[str, Any]:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    reported = {"DBInstanceIdentifier": name, "DBInstanceArn": f"arn:aws:rds:eu-west-1:1:db:{name}", "DBInstanceStatus": status}
    return {**reported, "Engine": "postgres", "AllocatedStorage": 20, "TagList": listed}


def databases() -> dict[str, Any]:
    there = [database("shop", {**mark("database.shop"), "Team": "a"}), database("shop-2", mark("database.other")), database("jobs", OTHERS)]

    def describe(params: Mapping[str, Any]) -> Any:
        wanted = params.get("DBInstanceIdentifier")
        found = [one for one in there if wanted in (None, one["DBInstanceIdentifier"])]
        return {"DBInstances": found} if found else refusal("DBInstanceNotFound", f"DBInstance {wanted} not found.")

    made = {**database("new", {}, "creating"), "DBInstanceArn": "arn:aws:rds:eu-west-1:1:db:new"}
    changing = ("modify_db_instance", "delete_db_instance", "add_tags_to_resource", "remove_tags_from_resource")
    return {"describe_db_instances": describe, "create_db_instance": {"DBInstance": made}, **{method: {} for method in changing}}


ACCOUNTS: dict[type[NamedKind], Callable[[], dict[str, Any]]] = {Queue: queues, Database: databases}


def run(kind: NamedKind, operation: Callable[[Aws, NamedKind, Observed], Any]) -> tuple[Any, list[tuple[str, Any]]]:
    """The return value of an operation on the first resource of the kind, and the calls it makes."""
    script = Script(ACCOUNTS[type(kind)]())
    aws = script.aws()
    try:
        seen = kind.find(aws)[0]
        script.calls.clear()
        return operation(aws, kind, seen), sorted(script.calls, key=str)
    finally:
        aws.close()


Operation = Callable[[Aws, Any, Observed], Any]


def finds(aws: Aws, kind: NamedKind, _seen: Observed) -> Any:
    return [(one.address, one.id) for one in kind.find(aws)]


def reads(aws: Aws, kind: NamedKind, seen: Observed) -> Any:
    found = kind.read(aws, seen)
    return found and (found.properties, found.attributes["arn"], found.state, found.named)


def looks_up(identifier: str) -> Operation:
    def look(aws: Aws, kind: NamedKind, _seen: Observed) -> Any:
        found = kind.look_up(aws, identifier, f"{kind.name}.new")
        return found and (found.address, found.id, found.marked)

    return look


def holds(**properties: Any) -> Operation:
    def ask(aws: Aws, kind: NamedKind, _seen: Observed) -> Any:
        found = kind.holder(aws, properties)
        return found and (found.id, found.marked)

    return ask


def creates(**properties: Any) -> Operation:
    def create(aws: Aws, kind: NamedKind, _seen: Observed) -> Any:
        made = kind.create(aws, f"{kind.name}.new", properties, "token")
        return made.id, made.properties, made.attributes["arn"], made.state

    return create


def updates(**properties: Any) -> Operation:
    return lambda aws, kind, seen: kind.update(aws, seen, properties)


def claims(aws: Aws, kind: NamedKind, seen: Observed) -> Any:
    return kind.claim(aws, seen, f"{kind.name}.new")


def deletes(aws: Aws, kind: NamedKind, seen: Observed) -> Any:
    return kind.delete(aws, seen)


def asked(*names: str) -> list[tuple[str, Any]]:
    """The description and the tags of each of these queues."""
    calls: list[tuple[str, Any]] = []
    for name in names:
        calls += [("get_queue_attributes", {"QueueUrl": f"{URL}{name}", "AttributeNames": ["All"]}), ("list_queue_tags", at(name))]
    return calls


def at(name: str) -> dict[str, str]:
    return {"QueueUrl": f"{URL}{name}"}


def called(name: str) -> tuple[str, Any]:
    return "get_queue_url", {"QueueName": name}


def instance(name: str) -> list[tuple[str, Any]]:
    return [("describe_db_instances", {"DBInstanceIdentifier": name})]


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


NEW = mark("queue.new")
NEW_DB = mark("database.new")
SHOP_DB = "arn:aws:rds:eu-west-1:1:db:shop"
SHOP_TAGS = {"Team": "a"}

CASES: list[tuple[NamedKind, Operation, Any, list[tuple[str, Any]]]] = [
    (
        Queue(),
        finds,
        [("queue.shop", f"{URL}shop"), ("queue.other", f"{URL}shop-2")],
        [("list_queues", {}), *asked("shop", "shop-2", "jobs", "free")],
    ),
    (
        Queue(),
        reads,
        ({"queue_name": "shop", "visibility_timeout": "30", "tags": SHOP_TAGS}, f"{ARN}shop", "ready", True),
        asked("shop"),
    ),
    (
        Queue(),
        creates(queue_name="new", visibility_timeout="60", tags={"Team": "b"}),
        (f"{URL}new", {"queue_name": "new", "visibility_timeout": "60", "tags": {"Team": "b"}}, None, "pending"),
        [("create_queue", {"QueueName": "new", "Attributes": {"VisibilityTimeout": "60"}, "tags": {"Team": "b", **NEW}})],
    ),
    (
        Queue(),
        updates(visibility_timeout="60"),
        None,
        [("set_queue_attributes", {**at("shop"), "Attributes": {"VisibilityTimeout": "60"}})],
    ),
    (
        Queue(),
        updates(tags={"Cost": "1"}),
        None,
        [("tag_queue", {**at("shop"), "Tags": {"Cost": "1"}}), ("untag_queue", {**at("shop"), "TagKeys": ["Team"]})],
    ),
    (Queue(), updates(tags=SHOP_TAGS), None, []),
    (Queue(), claims, None, [("tag_queue", {**at("shop"), "Tags": NEW})]),
    (Queue(), looks_up("jobs"), ("queue.new", f"{URL}jobs", "dev/jobs queue.jobs"), [called("jobs"), *asked("jobs")]),
    (Queue(), looks_up(f"{ARN}free"), ("queue.new", f"{URL}free", ""), [called("free"), *asked("free")]),
    (Queue(), looks_up("arn:aws:sqs:us-east-1:1:free"), None, [called("free"), *asked("free")]),
    (Queue(), looks_up("none"), None, [called("none")]),
    (Queue(), holds(queue_name="shop-2"), (f"{URL}shop-2", "queue.other"), [called("shop-2"), *asked("shop-2")]),
    (Queue(), holds(queue_name="none"), None, [called("none")]),
    (Queue(), holds(), None, []),
    (Queue(), deletes, None, [("delete_queue", at("shop"))]),
    (Database(), finds, [("database.shop", "shop"), ("database.other", "shop-2")], [("describe_db_instances", {})]),
    (
        Database(),
        reads,
        (
            {"db_instance_identifier": "shop", "engine": "postgres", "allocated_storage": 20, "tags": SHOP_TAGS},
            SHOP_DB,
            "ready",
            True,
        ),
        instance("shop"),
    ),
    (
        Database(),
        creates(db_instance_identifier="new", engine="mysql", allocated_storage=5, master_user_password="hunter2"),
        (
            "new",
            {"db_instance_identifier": "new", "engine": "mysql", "allocated_storage": 5, "tags": {}},
            "arn:aws:rds:eu-west-1:1:db:new",
            "pending",
        ),
        [
            (
                "create_db_instance",
                {
                    "DBInstanceIdentifier": "new",
                    "Engine": "mysql",
                    "AllocatedStorage": 5,
                    "MasterUserPassword": "hunter2",
                    "Tags": listed(NEW_DB),
                },
            )
        ],
    ),
    (
        Database(),
        updates(allocated_storage=40),
        None,
        [("modify_db_instance", {"DBInstanceIdentifier": "shop", "AllocatedStorage": 40, "ApplyImmediately": True})],
    ),
    (
        Database(),
        updates(tags={"Cost": "1"}),
        None,
        [
            ("add_tags_to_resource", {"ResourceName": SHOP_DB, "Tags": listed({"Cost": "1"})}),
            ("remove_tags_from_resource", {"ResourceName": SHOP_DB, "TagKeys": ["Team"]}),
        ],
    ),
    (Database(), claims, None, [("add_tags_to_resource", {"ResourceName": SHOP_DB, "Tags": listed(NEW_DB)})]),
    (Database(), looks_up("jobs"), ("database.new", "jobs", "dev/jobs queue.jobs"), instance("jobs")),
    (Database(), looks_up(SHOP_DB), ("database.new", "shop", "database.shop"), instance("shop")),
    (Database(), looks_up("arn:aws:rds:eu-west-1:1:cluster:shop"), None, instance("shop")),
    (Database(), looks_up("none"), None, instance("none")),
    (Database(), holds(db_instance_identifier="jobs"), ("jobs", "dev/jobs queue.jobs"), instance("jobs")),
    (Database(), holds(db_instance_identifier="none"), None, instance("none")),
    (Database(), deletes, None, [("delete_db_instance", {"DBInstanceIdentifier": "shop", "SkipFinalSnapshot": True})]),
]


@pytest.mark.parametrize(("kind", "operation", "result", "calls"), CASES)
def test_what_an_operation_does(kind: NamedKind, operation: Operation, result: Any, calls: list[tuple[str, Any]]) -> None:
    assert run(kind, operation) == (result, sorted(calls, key=str))


def test_all_that_is_asked_about_those_found_is_asked_side_by_side() -> None:
    """The four queues need two calls each: no call returns until all have been made."""
    meeting = threading.Barrier(8, timeout=10)
    answers = queues()

    def met(method: str) -> Callable[[Mapping[str, Any]], Any]:
        return lambda params: (meeting.wait(), answers[method](params))[1]

    script = Script({**answers, **{method: met(method) for method in ("get_queue_attributes", "list_queue_tags")}})
    aws = script.aws()
    assert len(Queue().find(aws)) == 2
    aws.close()


def test_what_is_gone_is_not_seen() -> None:
    answers = queues()
    script = Script({**answers, "list_queues": {"QueueUrls": [f"{URL}gone", f"{URL}shop"]}})
    aws = script.aws()
    kind = Queue()
    assert [one.address for one in kind.find(aws)] == ["queue.shop"]
    assert kind.read(aws, Observed("queue", "queue.gone", f"{URL}gone")) is None
    aws.close()


class Distribution(NamedKind):
    """Tags below a member, read by an ARN that only the description contains."""

    name = "distribution"
    calls = NamedCalls(
        service="cloudfront", list="list_distributions", items="Items", create="create_distribution", delete="delete_distribution",
        describe="get_distribution", item="Distribution", name="Id", id="Id", arn="ARN",
    )  # fmt: skip
    tagging = Tagging(
        tag="tag_resource", untag="untag_resource", key="Resource", of="arn", tags="Tags.Items", keys="TagKeys.Items",
        read="list_tags_for_resource",
    )  # fmt: skip
    reads = (Read("get_distribution_config"), Read("get_monitoring_subscription", {}, optional=True))
    named = False


def test_tags_read_by_an_id_from_the_description_take_a_second_round() -> None:
    script = Script(
        {
            "list_distributions": {"Items": ["E1"]},
            "get_distribution": {"Distribution": {"Id": "E1", "ARN": "arn:aws:cloudfront::1:distribution/E1"}},
            "get_distribution_config": {"ETag": "1"},
            "get_monitoring_subscription": refusal("NoSuchMonitoringSubscription", "There is none."),
            "list_tags_for_resource": {"Tags": {"Items": listed(mark("distribution.main"))}},
            "tag_resource": {},
            "untag_resource": {},
        }
    )
    aws, kind = script.aws(), Distribution()
    (seen,) = kind.find(aws)
    kind.set_tags(aws, seen.changed({"tags": {"a": "1"}}), {"b": "2"})
    aws.close()
    arn = {"Resource": "arn:aws:cloudfront::1:distribution/E1"}
    assert (seen.address, seen.id, seen.named) == ("distribution.main", "E1", False)
    assert script.calls[-3:] == [
        ("list_tags_for_resource", arn),
        ("tag_resource", {**arn, "Tags": {"Items": [{"Key": "b", "Value": "2"}]}}),
        ("untag_resource", {**arn, "TagKeys": {"Items": ["a"]}}),
    ]


REGISTRY = {"queue": Queue(), "database": Database()}


def test_a_deletion_does_not_wait_for_references_to_longer_names() -> None:
    aws = Script(databases()).aws()
    short, long = Database().find(aws)
    aws.close()
    user = Observed("queue", "queue.user", "url", {"queue_name": "shop-2", "visibility_timeout": long.attributes["arn"]})
    plan = make_plan([Resource("database", "other", {})], [short, long, user], REGISTRY, Consent(("*", "database.*"), ("*", "database.*")))
    graph = build(plan, REGISTRY)
    assert graph.needs[Step("delete", "database.shop", "shop")] == set()
    plan = make_plan([], [short, long, user], REGISTRY, Consent(("*", "database.*"), ("*", "database.*")))
    assert build(plan, REGISTRY).needs[Step("delete", "database.other", "shop-2")] == {Step("delete", "queue.user", "url")}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            Queue(),
            {
                *("sqs:ListQueues", "sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:GetQueueUrl", "sqs:CreateQueue"),
                *("sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue", "sqs:DeleteQueue"),
            },
        ),
        (
            Database(),
            {
                *("rds:DescribeDBInstances", "rds:CreateDBInstance", "rds:ModifyDBInstance", "rds:DeleteDBInstance"),
                *("rds:AddTagsToResource", "rds:RemoveTagsFromResource"),
            },
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_a_kind_can_call_follows_from_its_declarations(kind: NamedKind, expected: set[str]) -> None:
    assert {f"{one.service}:{api_name(one)}" for one in kind.declared()} == expected


def test_every_call_of_this_file_was_declared() -> None:
    """The scripted accounts answer no other calls."""
    for kind, account in ACCOUNTS.items():
        assert set(account()) == {operation.method for operation in kind().declared()}


METHODS = {name for base in (AwsKind, Ec2Kind, NamedKind) for name, value in vars(base).items() if not isinstance(value, Property)}


@pytest.mark.parametrize("kind", [*KINDS.values(), *REGISTRY.values()], ids=lambda kind: kind.name)
def test_no_property_hides_a_method_of_its_base(kind: Any) -> None:
    assert METHODS & set(kind.properties) == set()
