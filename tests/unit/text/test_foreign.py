# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Third-party text in messages and suggestions."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import describe_holder, remedy_for_conflict
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed
from ansible_collections.mainstay.aws.plugins.module_utils.text.foreign import is_plain, quoted

HOSTILE = [
    "{{ lookup('pipe', 'id') }}",
    "$(id)",
    "`id`",
    "a; id",
    "a b",
    "::add-mask::x",
    "a::b",
    "##[command]id",
    "a\nb",
    "a\u2028b",
    "*",
    "-e",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_quoted(text: str) -> None:
    assert not is_plain(text)
    assert quoted(text).startswith('"')
    assert quoted(text).isprintable()
    assert "##[" not in quoted(text)


@pytest.mark.parametrize(
    "text",
    [
        "legacy",
        "prod/legacy",
        "subnet.main/private-af-south-1a",
        "arn:aws:eks:r:1:cluster/a",
        "vpc-0123456789abcdef0",
        "a@b.c",
        "/aws/eks/a/cluster",
    ],
)
def test_names_stay_as_they_are(text: str) -> None:
    assert is_plain(text)
    assert quoted(text) == text


def holder(marked: str | None, identity: str = "sg-1") -> Observed:
    return Observed("security_group", "", identity, {}, {}, "ready", marked=marked)


@pytest.mark.parametrize("text", [one for one in HOSTILE if " " not in one and one not in ("", "-e")])
def test_a_conflict_with_hostile_tags_suggests_none_of_them(text: str) -> None:
    for one in (holder(f"{text}/legacy x"), holder(f"prod/{text}"), holder(f"security_group.{text}"), holder(None, text)):
        remedy = remedy_for_conflict("security_group.main/nodes", one)
        assert text not in remedy.replace(".*", "")
        assert "moved" not in remedy
        assert "adopt" not in remedy
        assert describe_holder(one).isprintable()
        assert not describe_holder(one).startswith(("::", "##"))


def test_a_conflict_with_names_suggests_what_to_do() -> None:
    assert "adopt: {a.b: {id: sg-1, from: prod/legacy}}" in remedy_for_conflict("a.b", holder("prod/legacy x.y"))
    assert "moved: {security_group.old: a.b}" in remedy_for_conflict("a.b", holder("security_group.old"))
