# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Acting as an owner: what is granted before and taken back after, by the version of the server and by what the login has already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.server.acting import acting_as

MASTER = "dbadmin"


class FakeSession:
    """``usable``: the roles whose privileges the login has. ``own``: its grants to itself, as (inherit, set)."""

    user = MASTER

    def __init__(self, version: int, usable: Sequence[str] = (), own: dict[str, tuple[bool, bool]] | None = None) -> None:
        self.version = version
        self.usable = usable
        self.own = own or {}

    def rows(self, query: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        if "current_database" in query:
            return [("owner_of_this",)]
        if "pg_auth_members" in query:
            role = (parameters or [""])[0]
            return [self.own[role]] if role in self.own else []
        assert ("'SET'" in query) is (self.version >= 160000)
        return [(any(f"'{role}'" in query for role in self.usable),)]


GRANT, REVOKE = 'GRANT "team" TO "dbadmin"', 'REVOKE "team" FROM "dbadmin"'
CASES: dict[str, tuple[FakeSession, list[str], list[str], list[str]]] = {
    "15": (FakeSession(150010), ["team"], [GRANT], [REVOKE]),
    "16 and later": (FakeSession(160001), ["team"], [f"{GRANT} WITH INHERIT TRUE, SET TRUE"], [REVOKE]),
    "a member already": (FakeSession(170004, ["team"]), ["team"], [], []),
    "itself": (FakeSession(170004), [MASTER], [], []),
    "twice": (FakeSession(150010), ["team", "team"], [GRANT], [REVOKE]),
    "a grant of its own without inheritance": (
        FakeSession(170004, own={"team": (False, True)}),
        ["team"],
        [f"{GRANT} WITH INHERIT TRUE, SET TRUE"],
        [f"{GRANT} WITH INHERIT FALSE, SET TRUE"],
    ),
    "the owner of the database": (
        FakeSession(150010),
        ["pg_database_owner"],
        ['GRANT "owner_of_this" TO "dbadmin"'],
        ['REVOKE "owner_of_this" FROM "dbadmin"'],
    ),
    "two": (
        FakeSession(150010),
        ["a", "b"],
        ['GRANT "a" TO "dbadmin"', 'GRANT "b" TO "dbadmin"'],
        ['REVOKE "b" FROM "dbadmin"', 'REVOKE "a" FROM "dbadmin"'],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_granted_and_taken_back(name: str) -> None:
    session, roles, before, after = CASES[name]
    sent: list[str] = []
    with acting_as(session, sent.append, roles):  # type: ignore[arg-type]
        sent.append("change")
    assert sent == [*before, "change", *after]


def test_nothing_is_taken_back_if_the_change_fails_because_the_transaction_is_rolled_back() -> None:
    sent: list[str] = []
    with pytest.raises(RuntimeError), acting_as(FakeSession(150010), sent.append, ["team"]):  # type: ignore[arg-type]
        raise RuntimeError
    assert sent == [GRANT]
