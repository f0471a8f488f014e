# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Known secrets are found in every common encoding, and in nothing else."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import SENSITIVE
from ansible_collections.mainstay.aws.plugins.module_utils.sensitive.texts import ANOTHER, Texts, packed, unpacked

SECRET = 'canary "of/the+vault" & co'
TEXTS = Texts([SECRET, "hunter22", 12345678, True, "tiny", None])
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END KEY-----\n"


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"postgres://user:{SECRET}@host",
        json.dumps({"a": SECRET}),
        f"https://x/?a={quote(SECRET, safe='')}",
        f"https://x/?{urlencode({'a': SECRET})}",
        quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"u:{SECRET}".encode()).decode(),
        base64.b64encode(f"me:{SECRET}@host".encode()).decode(),
        base64.urlsafe_b64encode(f"you:{SECRET}".encode()).decode(),
        base64.b64encode(f"{SECRET}\n".encode()).decode(),
        "the password is hunter22.",
        base64.b64encode(b"root:hunter22").decode(),
    ],
)
def test_forms(text: str) -> None:
    assert TEXTS.found_in(text)
    assert SENSITIVE in TEXTS.mask(text)
    assert not TEXTS.found_in(TEXTS.mask(text))


@given(
    st.text(min_size=9, alphabet=st.characters(codec="ascii", exclude_categories=["C", "Z"])), st.binary(max_size=7), st.binary(max_size=7)
)
@settings(max_examples=100)
def test_base64_at_any_position(secret: str, before: bytes, after: bytes) -> None:
    assert Texts([secret]).found_in(base64.b64encode(before + secret.encode() + after).decode())


@pytest.mark.parametrize("text", ["hunter221", "xhunter22", "tiny", "True", "None", "", "(sensitive)", 12, 1234567, True, None])
def test_what_is_no_secret(text: Any) -> None:
    assert not TEXTS.found_in(text)
    assert TEXTS.mask(text) == text


def test_lines_of_a_long_secret() -> None:
    assert Texts([KEY]).found_in("key: |\n" + "".join(f"    {line}\n" for line in KEY.splitlines()))
    assert not Texts([KEY]).found_in("-----BEGIN KEY-----")


def test_whole_values() -> None:
    value = {"a": ["x", SECRET], SECRET: 1, "n": 12345678, "b": True}
    assert TEXTS.mask(value) == {"a": ["x", SENSITIVE], SENSITIVE: 1, "n": SENSITIVE, "b": True}
    assert Texts().mask(value) is value


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("old", SECRET, (ANOTHER, SENSITIVE)),
        (SECRET, "new", (SENSITIVE, SENSITIVE)),
        (SECRET, SECRET, (SENSITIVE, SENSITIVE)),
        (None, SECRET, (None, SENSITIVE)),
        (SECRET, None, (SENSITIVE, None)),
        ({"a": "old", "b": "1"}, {"a": f"x{SECRET}", "b": "2"}, ({"a": ANOTHER, "b": "1"}, {"a": f"x{SENSITIVE}", "b": "2"})),
        ({"a": "old"}, {"a": "old", "c": SECRET}, ({"a": "old"}, {"a": "old", "c": SENSITIVE})),
        ([{"v": "old"}, "x"], [{"v": SECRET}, "y"], ([{"v": ANOTHER}, "x"], [{"v": SENSITIVE}, "y"])),
        (["a"], ["a", SECRET], (["a"], ["a", SENSITIVE])),
        ("old", {"a": SECRET}, ("old", {"a": SENSITIVE})),
        ("old", "new", ("old", "new")),
        (f"x{SECRET}", f"x{SECRET}", (f"x{SENSITIVE}", f"x{SENSITIVE}")),
    ],
    ids=range(12),
)
def test_pairs(before: Any, after: Any, expected: Any) -> None:
    """An earlier value of the same setting is as secret as the present one."""
    assert TEXTS.pair(before, after) == expected


def test_what_is_handed_to_a_module_is_no_text_that_ansible_would_look_for() -> None:
    assert SECRET not in packed([SECRET])
    assert unpacked(packed([SECRET])).secrets == [SECRET]
    assert not unpacked(None)
    assert not unpacked(packed([]))
