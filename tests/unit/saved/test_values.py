# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values as JSON without secrets, and their comparison."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, ref
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.values import (
    agrees,
    between,
    canonical,
    decode,
    encode,
    fingerprint,
    masked,
)

CANARY = "canary-4711"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        ("text", "text"),
        (UNKNOWN, UNKNOWN),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        (ref("vpc.main"), {"$ref": "vpc.main"}),
        (ref("vpc.main", "arn", "arn:", "/*"), {"$ref": "vpc.main", "attribute": "arn", "prefix": "arn:", "suffix": "/*"}),
        ([{"group_id": ref("group.a")}], [{"group_id": {"$ref": "group.a"}}]),
        ({"$ref": "what a user wrote"}, {"$$ref": "what a user wrote"}),
        ({"$$ref": ref("vpc.main")}, {"$$$ref": {"$ref": "vpc.main"}}),
        (
            {ref("eks_cluster.main", "oidc_provider", suffix=":sub"): "system:serviceaccount:web:api"},
            {'$ref:{"$ref":"eks_cluster.main","attribute":"oidc_provider","suffix":":sub"}': "system:serviceaccount:web:api"},
        ),
        ({"$ref:": 1}, {"$$ref:": 1}),
    ],
)
def test_a_value_and_its_references_come_back(value: Any, encoded: Any) -> None:
    assert encode(value) == encoded
    assert decode(json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(("b", "a"), ["b", "a"]), (frozenset({"b", "a"}), ["a", "b"]), ({1: 2}, {"1": 2}), (object, "<class 'object'>")],
)
def test_what_json_has_no_word_for(value: Any, encoded: Any) -> None:
    assert encode(value) == encoded


@pytest.mark.parametrize(
    ("value", "secrets", "expected"),
    [
        (CANARY, {CANARY}, "(sensitive)"),
        (f"password={CANARY};", {CANARY}, "password=(sensitive);"),
        ({CANARY: [CANARY, {"a": CANARY}]}, {CANARY}, {"(sensitive)": ["(sensitive)", {"a": "(sensitive)"}]}),
        ("canary-4711-longer", {CANARY, "canary-4711-longer"}, "(sensitive)"),
        (4711, {"4711"}, "(sensitive)"),
        ([True, None, 1], {"4711"}, [True, None, 1]),
        ("a.b", {"."}, "a(sensitive)b"),
        ("text", set(), "text"),
    ],
)
def test_secrets_are_masked_wherever_they_stand(value: Any, secrets: set[str], expected: Any) -> None:
    assert masked(value, secrets) == expected


def test_equal_values_have_one_text_and_one_fingerprint() -> None:
    assert canonical({"b": 1, "a": [1, 2]}) == canonical({"a": [1, 2], "b": 1}) == '{"a":[1,2],"b":1}'
    assert fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1}) != fingerprint({"a": 2, "b": "1"})


@pytest.mark.parametrize(
    ("planned", "now", "expected"),
    [
        ("a", "a", True),
        ("a", "b", False),
        (1, True, True),
        (UNKNOWN, "vpc-1", True),
        (UNKNOWN, ["subnet-1"], True),
        (f"arn:{UNKNOWN}/*", "arn:vpc-1/*", True),
        (f"arn:{UNKNOWN}/*", "arn:vpc-1", False),
        (f"arn:{UNKNOWN}/*", 1, False),
        ({"a": UNKNOWN, "b": 1}, {"a": "x", "b": 1}, True),
        ({"a": UNKNOWN, "b": 1}, {"a": "x", "b": 2}, False),
        ({"a": UNKNOWN}, {"a": "x", "b": 2}, False),
        ({"a": UNKNOWN}, {"x": "a"}, False),
        ({f"{UNKNOWN}:sub": "web", f"{UNKNOWN}:aud": "sts"}, {"oidc/1:aud": "sts", "oidc/1:sub": "web"}, True),
        ({f"{UNKNOWN}:sub": "web"}, {"oidc/1:sub": "api"}, False),
        ({f"{UNKNOWN}:sub": "web"}, {"oidc/1:aud": "web"}, False),
        ([UNKNOWN, "subnet-2"], ["subnet-2", "subnet-1"], True),
        ([UNKNOWN, "subnet-2"], ["subnet-1", "subnet-3"], False),
        ([UNKNOWN], ["a", "b"], False),
        (["a", "b"], ["b", "a"], False),
        ([{"id": UNKNOWN, "port": 1}, {"id": UNKNOWN, "port": 2}], [{"id": "x", "port": 2}, {"id": "y", "port": 1}], True),
    ],
)
def test_whether_a_value_is_what_was_planned(planned: Any, now: Any, expected: bool) -> None:
    assert agrees(planned, now) is expected


@pytest.mark.parametrize(
    ("before", "now", "after", "expected"),
    [
        ("a", "a", "b", True),
        ("a", "b", "b", True),
        ("a", "c", "b", False),
        ("a", None, "b", False),
        (["a"], ["a", "b"], ["b"], True),
        (["a"], [], ["b"], True),
        (["a", "k"], ["b"], ["b", "k"], False),
        (["a"], ["x"], ["b"], False),
        (["a"], ["a", "b", "x"], ["b"], False),
        (None, ["b"], ["b", "c"], True),
        (["a", "c"], ["c"], None, True),
        ({"r": "1", "k": "0"}, {"r": "2", "k": "0"}, {"r": "2", "k": "0", "n": "3"}, True),
        ({"r": "1", "k": "0"}, {"r": "2"}, {"r": "2", "k": "0"}, False),
        ({"r": "1"}, {"r": "3"}, {"r": "2"}, False),
        ({"r": "1"}, {}, {"r": "2"}, False),
        ({"r": "1"}, {}, {}, True),
        (["a"], {"a": 1}, ["b"], False),
        (["a"], ["stranger"], [UNKNOWN], False),
    ],
)
def test_what_lies_between_two_values(before: Any, now: Any, after: Any, expected: bool) -> None:
    assert between(before, now, after) is expected


def test_what_points_at_something_that_goes_may_be_missing() -> None:
    def goes(item: Any) -> bool:
        return "old" in str(item)

    assert between("old", None, "old", goes)
    assert between(["old", "a"], ["a"], ["old", "a"], goes)
    assert between({"r": "old", "a": 1}, {"a": 1}, {"r": "old", "a": 1}, goes)
    assert not between(["old", "a"], ["old"], ["old", "a"], goes)
