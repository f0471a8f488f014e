# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tags and policies in the form used for comparison."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mainstay.aws.plugins.module_utils.aws.canonical import policy, sorted_strings
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import (
    ignoring_tags,
    tag_changes,
    tag_dict,
    tag_list,
    visible,
    with_foreign,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.kinds.vpc import Vpc


def statement(**more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **more}]}


ALIKE = {
    "text": (json.dumps(statement()), statement()),
    "one action": (statement(Action=["s3:GetObject"]), statement()),
    "one statement": ({**statement(), "Statement": statement()["Statement"][0]}, statement()),
    "order of actions": (statement(Action=["a:X", "b:Y"]), statement(Action=["b:Y", "a:X"])),
    "repeated action": (statement(Action=["a:X", "a:X"]), statement(Action="a:X")),
    "order of keys": (dict(reversed(statement().items())), statement()),
    "principals": (statement(Principal={"AWS": ["1", "2"]}), statement(Principal={"AWS": ["2", "1"]})),
    "truth in conditions": (
        statement(Condition={"Bool": {"aws:SecureTransport": False}}),
        statement(Condition={"Bool": {"aws:SecureTransport": ["false"]}}),
    ),
}
DIFFERENT = {
    "effect": (statement(Effect="Deny"), statement()),
    "resource": (statement(Resource="arn:aws:s3:::one"), statement()),
    "more actions": (statement(Action=["s3:GetObject", "s3:PutObject"]), statement()),
    "condition": (statement(Condition={"Bool": {"aws:SecureTransport": "true"}}), statement()),
    "NotAction": ({**statement(), "Statement": [{"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"}]}, statement()),
    "case": (statement(Action="S3:getobject"), statement()),
}


@pytest.mark.parametrize("name", ALIKE)
def test_policies_that_mean_the_same(name: str) -> None:
    one, other = ALIKE[name]
    assert policy(one) == policy(other)


@pytest.mark.parametrize("name", DIFFERENT)
def test_policies_that_differ(name: str) -> None:
    one, other = DIFFERENT[name]
    assert policy(one) != policy(other)


words = st.text("abc:*", min_size=1, max_size=4)
documents = st.recursive(
    words | st.booleans() | st.lists(words, min_size=1, max_size=3),
    lambda inner: st.dictionaries(words, inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(words, documents, max_size=4))
def test_canonical_form_is_stable(document: dict[str, Any]) -> None:
    """What is sent comes back as text and must not differ."""
    once = policy(document)
    assert policy(once) == once
    assert policy(json.dumps(once)) == once
    assert policy(json.dumps(document)) == once


def test_tags_in_both_forms() -> None:
    tags = {"Name": "main", "empty": ""}
    assert tag_dict(tag_list(tags)) == tags
    assert tag_dict(tag_list(tags, "TagKey", "TagValue"), "TagKey", "TagValue") == tags
    assert tag_dict(None) == {}
    assert tag_dict([{"Key": "bare"}]) == {"bare": ""}


def test_owner_mark_is_not_shown() -> None:
    assert visible({"mainstay:environment": "prod", "mainstay:address": "vpc.main", "Name": "x"}) == {"Name": "x"}


FOREIGN = [
    # desired, observed, expected tags
    ({"a": "1"}, {"a": "2", "b": "3"}, {"a": "1"}),
    ({}, {"aws:cloudformation:stack-name": "x"}, {"aws:cloudformation:stack-name": "x"}),
    ({"a": "1"}, {"kubernetes.io/cluster/apps": "owned"}, {"a": "1", "kubernetes.io/cluster/apps": "owned"}),
    ({"kubernetes.io/cluster/apps": "shared"}, {"kubernetes.io/cluster/apps": "owned"}, {"kubernetes.io/cluster/apps": "shared"}),
    ({}, {"kubernetes.io/role/elb": "1"}, {}),
    ({"number": 1}, None, {"number": "1"}),
    (None, None, {}),
]


@pytest.mark.parametrize(("desired", "observed", "expected"), FOREIGN)
def test_tags_of_others(desired: Any, observed: Any, expected: dict[str, str]) -> None:
    assert with_foreign(desired, observed) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"a": "1"}, ({"a": "1"}, [])),
        ({"a": "1"}, {}, ({}, ["a"])),
        ({"a": "1", "aws:x": "y"}, {"a": "2", "aws:x": "y"}, ({"a": "2"}, [])),
        ({"a": "1"}, {"a": "1"}, ({}, [])),
    ],
)
def test_only_what_changes_is_sent(old: dict[str, str], new: dict[str, str], expected: tuple[Any, Any]) -> None:
    assert tag_changes(old, new) == expected


def test_sorted_strings() -> None:
    assert sorted_strings(["b", "a"]) == ["a", "b"]
    assert sorted_strings(()) == []


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ({"awsApplication": "arn"}, {"owner": "us", "awsApplication": "arn"}),
        ({"createdby": "anna", "c7n:owner": "x"}, {"owner": "us", "createdby": "anna", "c7n:owner": "x"}),
        ({"owner": "them", "extra": "1"}, {"owner": "us"}),
        ({"aws:x": "y", "kubernetes.io/cluster/a": "shared"}, {"owner": "us", "aws:x": "y", "kubernetes.io/cluster/a": "shared"}),
    ],
)
def test_ignored_tags(observed: dict[str, str], expected: dict[str, str]) -> None:
    kinds = ignoring_tags({"vpc": Vpc()}, ["awsApplication", "CreatedBy", "c7n:*", "OWNER"])
    assert kinds["vpc"].properties["tags"].target({"owner": "us"}, observed) == expected
    assert Vpc().properties["tags"].target({"owner": "us"}, {"awsApplication": "arn"}) == {"owner": "us"}


@pytest.mark.parametrize("statements", [{"Effect": "Allow"}, [{"Effect": "Allow"}]])
def test_statements_are_a_list_in_what_is_sent(statements: Any) -> None:
    """Tools that read policies expect a list; the canonical form is what updates send."""
    assert policy({"Version": "2012-10-17", "Statement": statements})["Statement"] == [{"Effect": "Allow"}]
