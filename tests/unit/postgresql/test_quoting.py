# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names and values as SQL text."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.quoting import grantee, identifier, literal

IDENTIFIERS = {
    ("shop",): '"shop"',
    ("app", "Orders"): '"app"."Orders"',
    ('a"; DROP ROLE x; --',): '"a""; DROP ROLE x; --"',
    ("naïve",): '"naïve"',
}
LITERALS = {"": "''", "plain": "'plain'", "it's": "'it''s'", "back\\slash": "E'back\\\\slash'", "\\'; --": "E'\\\\''; --'"}


@pytest.mark.parametrize("parts", IDENTIFIERS)
def test_identifiers(parts: tuple[str, ...]) -> None:
    assert identifier(*parts) == IDENTIFIERS[parts]


@pytest.mark.parametrize("text", LITERALS)
def test_literals(text: str) -> None:
    assert literal(text) == LITERALS[text]


def test_all_roles_are_no_name() -> None:
    assert (grantee("public"), grantee("app")) == ("PUBLIC", '"app"')


@pytest.mark.parametrize("quote", [identifier, literal])
def test_a_zero_byte_would_end_the_statement(quote: object) -> None:
    with pytest.raises(ValueError, match="zero byte"):
        quote("a\0b")  # type: ignore[operator]
