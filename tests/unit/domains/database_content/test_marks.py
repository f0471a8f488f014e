# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Owner marks in comments."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.server.marks import (
    Mark,
    mark_in,
    marked,
    unfinished_name,
    unfinished_prefix,
)

MARK = Mark("prod", "shop", "postgres_role.main/shop", "v-1")


@pytest.mark.parametrize("text", ["", "standard public schema", "two\nlines", "[mainstay]"])
def test_a_mark_is_read_as_it_was_written_and_the_text_before_it_stays(text: str) -> None:
    comment = marked(text, MARK)
    assert mark_in(comment) == MARK
    assert comment.startswith(text)
    other = Mark("prod", "other", "postgres_role.main/shop")
    assert marked(comment, other) == marked(text, other)


@pytest.mark.parametrize("comment", ["", "text", "[mainstay environment=prod]", str(MARK) + " text", str(MARK).replace("component", "x")])
def test_no_mark(comment: str) -> None:
    assert mark_in(comment) is None


def test_unfinished_names_are_of_one_owner_and_short_enough() -> None:
    prefix = unfinished_prefix("prod", "shop", "main")
    assert prefix != unfinished_prefix("prod", "shop", "other")
    assert unfinished_name(prefix, "x" * 63).startswith(prefix)
    assert len(unfinished_name(prefix, "x" * 63)) <= 63
