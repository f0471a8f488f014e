"""Diffs property by property: what is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.summary.differ import diff
from ansible_collections.mainstay.aws.plugins.module_utils.summary.model import UNKNOWN, Change, read_plan
from tests.unit.summary.fixtures.networks import entry, rule

ROOT = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "root"}}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


TABLE: list[tuple[str, str, Any, Any, list[str]]] = [
    ("scalar", "n", 1, 2, ["1 -> 2"]),
    ("boolean", "n", False, True, ["false -> true"]),
    ("set", "n", None, "a", ["(not set) -> a"]),
    ("removed", "n", "a", None, ["a -> (not set)"]),
    ("unknown", "n", "vpc-1", UNKNOWN, ["vpc-1 -> (known after apply)"]),
    ("partly unknown", "n", None, f"arn:{UNKNOWN}:x", ["(not set) -> arn:(known after apply):x"]),
    ("misleading strings are quoted", "n", "true", " a", ['"true" -> " a"']),
    ("escape sequences are written out", "n", "a", "\x1b[31mred", ["a -> \\x1b[31mred"]),
    ("masked by Ansible", "n", "a", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", ["a -> VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"]),
    ("tags", "tags", {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"}, ["~ b=2 -> 9  - c=3  + d=4"]),
    ("list of names", "subnet_ids", ["b", "a"], ["a", "c"], ["- b", "+ c"]),
    ("only the order", "names", ["b", "a"], ["a", "b"], ["only the order changes: a, b"]),
    ("duplicates are counted", "ids", [], [UNKNOWN, UNKNOWN], ["+ 2 x (known after apply)"]),
    ("routes", "routes", {"0.0.0.0/0": "igw-1"}, {"0.0.0.0/0": "nat-1"}, ["~ 0.0.0.0/0 via igw-1 -> nat-1"]),
    (
        "rule comes, with its remark",
        "ingress",
        [],
        [rule("tcp", 5432, "PostgreSQL from nodes", group_id=UNKNOWN)],
        ["+ tcp 5432 from (known after apply)  PostgreSQL from nodes"],
    ),
    ("rule goes", "egress", [rule("-1", None, "", cidr_ipv4="0.0.0.0/0")], None, ["- all traffic to 0.0.0.0/0"]),
    (
        "only the remark changes",
        "ingress",
        [rule("tcp", 80, "old", cidr_ipv6="::/0")],
        [rule("tcp", 80, "new", cidr_ipv6="::/0")],
        ["~ tcp 80 from ::/0  old -> new"],
    ),
    (
        "range of ports",
        "ingress",
        [],
        [{"protocol": "udp", "from_port": 1, "to_port": 9, "prefix_list_id": "pl-1"}],
        ["+ udp 1-9 from pl-1"],
    ),
    (
        "all ports",
        "ingress",
        [],
        [{"protocol": "tcp", "from_port": 0, "to_port": 65535, "group_id": "sg-1"}],
        ["+ tcp, all ports from sg-1"],
    ),
    (
        "entry with the same number",
        "egress",
        [entry(100, "allow", "tcp", "0.0.0.0/0", 443, 443)],
        [entry(100, "deny", "tcp", "0.0.0.0/0", 443, 443)],
        ["~ 100 allow tcp 443 to 0.0.0.0/0 -> deny tcp 443 to 0.0.0.0/0"],
    ),
    ("items with a name", "rules", [{"name": "a", "days": 1}], [{"name": "a", "days": 2}], ["~ name=a days=1 -> days=2"]),
    (
        "nested mapping",
        "settings",
        {"log": {"level": "info", "on": True}},
        {"log": {"level": "warn", "on": True}},
        ["~ log", "  ~ level: info -> warn"],
    ),
    (
        "actions of a statement",
        "policy",
        policy({**ROOT, "Sid": "A", "Action": ["x:1", "x:2"]}),
        policy({**ROOT, "Sid": "A", "Action": ["x:2", "x:3"]}),
        ["Statement[A].Action", "  - x:1", "  + x:3"],
    ),
    ("one string or a list of one", "policy", policy(ROOT), policy({**ROOT, "Action": ["kms:*", "s3:*"]}), ["Statement[0].Action  + s3:*"]),
    (
        "statement comes",
        "policy",
        policy(ROOT),
        policy(ROOT, {"Sid": "D", "Effect": "Deny", "NotAction": "s3:*", "Resource": ["a", "b"]}),
        ["+ Deny all but s3:* on a, b  D"],
    ),
    (
        "condition changes",
        "policy",
        policy({**ROOT, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
        policy({**ROOT, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        ['Statement[0].Condition.Bool.aws:SecureTransport  "false" -> "true"'],
    ),
    (
        "policy as text",
        "policy",
        json.dumps(policy(ROOT)),
        json.dumps(policy({**ROOT, "Resource": "a"})),
        ["Statement[0].Resource  * -> a"],
    ),
    (
        "named policies",
        "inline_policy",
        {"a": policy(ROOT)},
        {"a": policy(ROOT), "b": policy(ROOT)},
        ["+ b", "  + Allow kms:* on * by AWS root"],
    ),
    ("text of several lines", "user_data", "a\nb\nc\n", "a\nB\nc\n", ["  a", "- b", "+ B", "  c"]),
    (
        "far apart",
        "text",
        "\n".join("abcdefghijkl"),
        "\n".join("AbcdefghijkL"),
        ["- a", "+ A", "  b", "  c", "...", "  j", "  k", "- l", "+ L"],
    ),
    ("list where there was text", "n", "a", ["b"], ["a -> b"]),
]


@pytest.mark.parametrize(("name", "before", "after", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_difference(name: str, before: Any, after: Any, expected: list[str]) -> None:
    assert [line.text for line in diff(Change(name, before, after), 100)] == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(None, "s3cret", "(sensitive) is set"), ("s3cret", None, "(sensitive) is removed"), ("s3cret", "t0psecret", "(sensitive) changes")],
)
def test_sensitive_values_are_masked_when_the_plan_is_read(before: Any, after: Any, expected: str) -> None:
    change = {"property": "p", "before": before, "after": after, "sensitive": True}
    action = {"address": "a.b", "action": "update", "changes": [change]}
    call = read_plan({"format": 1, "actions": [action]}, "host")
    assert "s3cret" not in repr(call)
    assert "t0psecret" not in repr(call)
    assert [line.text for line in diff(call.actions[0].changes[0], 80)] == [expected]


def test_long_values_stand_above_each_other_and_are_cut() -> None:
    lines = [line.text for line in diff(Change("n", "a " * 40, "b" * 2000), 60)]
    assert lines[0].startswith("- ")
    assert next(line for line in lines if line.startswith("+ "))
    assert len(lines) < 12
    assert all(len(line) <= 60 for line in lines)
