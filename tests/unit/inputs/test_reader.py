# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reading one mapping of user input: the value of each setting, and the message for each mistake."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.reader import Reader
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.values import as_port
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DOCUMENT = {"Version": "2012-10-17", "Statement": [STATEMENT]}

Read = Callable[[Reader], Any]
READS: dict[str, Read] = {
    "text": lambda reader: reader.text("x", "none"),
    "required": lambda reader: reader.required_text("x", "name the thing", re.compile("[a-z]+")),
    "boolean": lambda reader: reader.boolean("x", True),
    "choice": lambda reader: reader.choice("x", ("a", "b"), "a"),
    "integer": lambda reader: reader.integer("x", 5, 1, 9),
    "retention": lambda reader: reader.retention_days("x", 90),
    "items": lambda reader: reader.items("x", (1,), as_port, "it must be a port"),
    "ids": lambda reader: reader.ids("x", ("subnet-00000000",), "subnet-"),
    "strings": lambda reader: reader.string_map("x"),
    "policy": lambda reader: reader.policy_document("x"),
    "tags": lambda reader: reader.tags("x"),
    "named": lambda reader: sorted(name for name, entry in reader.section("x").named("the name of a thing", 3)),
    "underscores": lambda reader: sorted(name for name, entry in reader.section("x").named("the name", 9, "underscores")),
}

ABSENT = object()
TAKEN: list[tuple[str, Any, Any]] = [
    ("text", ABSENT, "none"),
    ("text", "some", "some"),
    ("required", "abc", "abc"),
    ("required", UNKNOWN, UNKNOWN),
    ("boolean", ABSENT, True),
    ("boolean", "False", False),
    ("choice", ABSENT, "a"),
    ("choice", "b", "b"),
    ("integer", ABSENT, 5),
    ("integer", "9", 9),
    ("retention", ABSENT, 90),
    ("retention", 365, 365),
    ("items", ABSENT, (1,)),
    ("items", [], ()),
    ("items", [80, "443"], (80, 443)),
    ("ids", ABSENT, ("subnet-00000000",)),
    ("ids", ["subnet-0123456789abcdef0", UNKNOWN, UNKNOWN], ("subnet-0123456789abcdef0", UNKNOWN, UNKNOWN)),
    ("strings", ABSENT, {}),
    ("strings", {"a": 1, "c": "x"}, {"a": "1", "c": "x"}),
    ("policy", ABSENT, None),
    ("policy", DOCUMENT, DOCUMENT),
    ("policy", STATEMENT | {"Statement": STATEMENT}, DOCUMENT),
    ("policy", [STATEMENT], DOCUMENT),
    (
        "policy",
        [{"Effect": "Deny", "NotAction": "*", "NotResource": "*"}],
        {**DOCUMENT, "Statement": [{"Effect": "Deny", "NotAction": "*", "NotResource": "*"}]},
    ),
    ("tags", {"owner": "platform", "level": 1}, {"owner": "platform", "level": "1"}),
    ("named", ABSENT, []),
    ("named", {"a-1": None, "b": {}}, ["a-1", "b"]),
    ("underscores", {"a_1": {}}, ["a_1"]),
]

REFUSED: list[tuple[str, Any, Any, str]] = [
    ("text", "", "none", "v.x is '', but it must be a non-empty string"),
    ("required", ABSENT, "", "v.x is missing: name the thing"),
    ("required", "7", "", "v.x is '7', but name the thing"),
    ("boolean", "yes", True, "v.x is 'yes', but it must be true or false"),
    ("choice", "c", "a", "v.x is 'c', but it must be one of a, b"),
    ("integer", 10, 5, "v.x is 10, but it must be a whole number from 1 to 9"),
    ("integer", True, 5, "v.x is True, but it must be a whole number from 1 to 9"),
    ("retention", 4000, 90, "v.x is 4000, but it must be a whole number from 1 to 3653"),
    ("items", "80", (1,), "v.x is '80', but it must be a list"),
    ("items", [80, "80"], (80,), "v.x[1] is '80', but the list already contains it; list each once"),
    ("items", [80, 0], (80,), "v.x[1] is 0, but it must be a port"),
    ("ids", "subnet-1", ("subnet-00000000",), "v.x is 'subnet-1', but it must be a list of ids that begin with subnet-"),
    ("ids", ["sg-01234567"], (), "v.x[0] is 'sg-01234567', but it must be an id such as subnet-0123456789abcdef0"),
    ("ids", ["subnet-01234567"] * 2, ("subnet-01234567",), "v.x[1] is 'subnet-01234567', but the list already contains it; list each once"),
    ("strings", {"a": []}, {}, "v.x.a is [], but it must be a string"),
    ("strings", {"a": True}, {}, "v.x.a is True, but it must be a string, and YAML has read it as something else; put it in quotes"),
    ("strings", {True: "a"}, {}, "v.x is True, but the name must be a string, and YAML has read it as something else; put it in quotes"),
    ("policy", "allow", None, "v.x is 'allow', but it must be an IAM policy, or a list of its statements"),
    ("tags", {"a": None}, {}, 'v.x.a is None, but it must be a string; write "" for an empty one'),
    (
        "tags",
        {"aws:a": "b"},
        {},
        "v.x.aws:a is 'b', but names that begin with aws:, mainstay:, rds: are reserved; choose another name",
    ),
    ("named", [], [], "v.x is [], but it must be a mapping"),
    (
        "named",
        {"four": {}, "b": {}},
        ["b"],
        "v.x is 'four', but the name of a thing must be at most 3 lower-case letters, digits and hyphens, starting with a letter",
    ),
    (
        "named",
        {1: {}},
        [],
        "v.x is 1, but the name of a thing must be at most 3 lower-case letters, digits and hyphens, starting with a letter",
    ),
    (
        "underscores",
        {"a-1": {}},
        [],
        "v.x is 'a-1', but the name must be at most 9 lower-case letters, digits and underscores, starting with a letter",
    ),
]


def reading(how: str, value: Any) -> tuple[Any, list[str]]:
    problems = Problems()
    reader = Reader({} if value is ABSENT else {"x": value}, "v", problems)
    found = READS[how](reader)
    reader.finish()
    return found, problems.messages


@pytest.mark.parametrize(("how", "value", "expected"), TAKEN)
def test_taken(how: str, value: Any, expected: Any) -> None:
    assert reading(how, value) == (expected, [])


@pytest.mark.parametrize(("how", "value", "instead", "message"), REFUSED)
def test_refused(how: str, value: Any, instead: Any, message: str) -> None:
    assert reading(how, value) == (instead, [message])


def test_a_period_that_cloudwatch_logs_does_not_offer() -> None:
    value, messages = reading("retention", 100)
    assert value == 100
    assert messages[0].startswith("v.x is 100, but CloudWatch Logs supports only these periods: 1, 3, 5, ")


def test_a_statement_that_lacks_something() -> None:
    value, messages = reading("policy", [{"Effect": "Allow"}])
    assert value == {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}
    assert messages == ["v.x[0] is {'Effect': 'Allow'}, but the statement has no Action and no Resource"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"taken": 1}, []),
        ({"take": 1}, ["v.take is not a setting; did you mean taken?"]),
        ({"other": 1}, ["v.other is not a setting; valid names are section, taken"]),
        ({"section": {"other": 1}}, ["v.section.other is not a setting; valid names are inner"]),
        (7, ["v is 7, but it must be a mapping"]),
    ],
)
def test_settings_that_do_not_exist(given: Any, expected: list[str]) -> None:
    problems = Problems()
    reader = Reader(given, "v", problems)
    reader.take("taken")
    section = reader.section("section")
    section.integer("inner", 1, 1, 9)
    section.finish()
    reader.finish()
    assert problems.messages == expected


def test_paths_lead_to_the_value() -> None:
    problems = Problems()
    for _name, entry in Reader({"one": {"port": 0}}, "v", problems).named("the name", 9):
        entry.integer("port", 1, 1, 9)
    assert problems.messages == ["v.one.port is 0, but it must be a whole number from 1 to 9"]
