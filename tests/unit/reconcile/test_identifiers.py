# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""References by identifier inside a value: exactly the resource that has it, never one whose identifier is a substring of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.graph import Step, build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource, mentions, without
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan, make_plan

from .fake import kinds

KINDS = kinds()
ALL = Consent(("*",), ("*",))
QUEUE = "arn:aws:sqs:eu-west-1:1:shop"
BUCKET = "arn:aws:s3:::shop"
GROUP = "arn:aws:logs:eu-west-1:1:log-group:/mainstay/prod/shop"
ROLE = "arn:aws:iam::1:role/mainstay/prod/shop"
TOPIC = "arn:aws:sns:eu-west-1:1:shop"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("identifier", "text", "means_it"),
    [
        *((arn, arn, True) for arn in (QUEUE, BUCKET, GROUP, ROLE)),
        *((arn, f"{arn}{more}", False) for arn in (QUEUE, BUCKET, GROUP, ROLE) for more in ("-2", "2", "_2", "-", "-*", ".fifo", "ping")),
        *((arn, f"{arn}{more}", True) for arn in (QUEUE, BUCKET, GROUP, ROLE) for more in (":*", "*", ",", " ", ".", ". It", '"', ")")),
        (TOPIC, f"{TOPIC}:0123-subscription", True),
        (BUCKET, f"{BUCKET}/*", True),
        (BUCKET, f"{BUCKET}/backups/one", True),
        (GROUP, f"{GROUP}/nodes", False),
        (GROUP, f"{GROUP}/nodes:*", False),
        (ROLE, f"{ROLE}/admin", False),
        (ROLE, f"{ROLE}@example", False),
        (QUEUE, f"from {QUEUE}-2 to {QUEUE}", True),
        (QUEUE, f"{QUEUE}-2,{QUEUE}-3", False),
        ("sg-1", "sg-1", True),
        ("sg-1", "sg-12", False),
        ("sg-1", "msg-1", False),
        ("sg-1", "sg-1/sg-2", True),
        ("fs-1", "fs-1.efs.eu-west-1.amazonaws.com", True),
        (KEY, f"arn:aws:kms:eu-west-1:1:key/{KEY}", True),
        (KEY, f"arn:aws:kms:eu-west-1:1:key/mrk-{KEY}", False),
    ],
)
def test_an_identifier_is_never_found_inside_a_longer_one(identifier: str, text: str, means_it: bool) -> None:
    assert mentions({"Statement": [{"Resource": text}]}, frozenset([identifier])) is means_it
    assert without([text, "kept"], frozenset([identifier])) == (["kept"] if means_it else [text, "kept"])


@pytest.mark.parametrize(("named", "identifier", "means_it"), [(True, "shop", False), (False, "shop", True), (True, QUEUE, True)])
def test_a_name_matches_as_a_whole_and_an_arn_anywhere(named: bool, identifier: str, means_it: bool) -> None:
    seen = Observed("queue", "queue.shop", identifier, named=named)
    assert mentions(f"rights of {QUEUE}:*", seen.identifiers()) is means_it


def there(name: str, **properties: Any) -> Observed:
    """A resource whose ID is a user-chosen name and whose ARN ends with it."""
    return Observed("room", f"room.{name}", name, properties, {"arn": f"arn:aws:sqs:eu-west-1:1:{name}"}, named=True)


BY_NAME, BY_ARN = "shop-2", f"{QUEUE}-2"


def planned(*observed: Observed, kept: tuple[str, ...] = ()) -> Plan:
    wanted = [Resource("room", name, {}) for name in kept]
    return make_plan(wanted, observed, KINDS, ALL)


@pytest.mark.parametrize("value", [BY_NAME, BY_ARN])
@pytest.mark.parametrize("role", ["parent", "friends"])
def test_deletions_wait_only_for_resources_that_refer_to_them(role: str, value: str) -> None:
    user = there("user", **{role: value if role == "parent" else [value]})
    graph = build(planned(there("shop"), there("shop-2"), user), KINDS)
    gone = Step("delete", "room.user", "user")
    assert graph.needs[Step("delete", "room.shop", "shop")] == set()
    assert graph.needs[Step("delete", "room.shop-2", "shop-2")] == {gone}


@pytest.mark.parametrize("value", [BY_NAME, BY_ARN])
def test_what_stays_keeps_its_link_to_the_longer_name(value: str) -> None:
    user = there("user", friends=[value])
    graph = build(planned(there("shop"), there("shop-2"), user, kept=("shop-2", "user")), KINDS)
    assert graph.unlinks == {}


@pytest.mark.parametrize("value", [BY_NAME, BY_ARN])
def test_what_is_unlinked_is_what_goes(value: str) -> None:
    short = "shop" if value == BY_NAME else QUEUE
    user = there("user", friends=[short, value])
    graph = build(planned(there("shop"), there("shop-2"), user, kept=("shop-2", "user")), KINDS)
    ((seen, names),) = graph.unlinks.values()
    assert without(seen.properties["friends"], frozenset(names)) == [value]


@pytest.mark.parametrize("value", [BY_NAME, BY_ARN])
def test_a_deletion_is_not_held_back_for_the_sake_of_a_longer_name(value: str) -> None:
    held = there("user", parent=value)
    plan = make_plan([], [there("shop"), held], KINDS, Consent((), ("room.shop",)))
    assert [action.address for action in plan.permitted] == ["room.shop"]
    pointing = replace(held, properties={"parent": "shop"})
    assert make_plan([], [there("shop"), pointing], KINDS, Consent((), ("room.shop",))).permitted == ()
