# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Errors of SQL as errors of the engine, without parts of the statement."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql import driver as driver_file
from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.problems import as_call_failed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, Ambiguous, CallFailed, NotYet


class SqlError(Exception):
    def __init__(self, code: str | None, message: str, detail: str = "") -> None:
        super().__init__(f"{message}\nLINE 1: ALTER ROLE app PASSWORD 'canary'")
        self.sqlstate = code
        self.diag = SimpleNamespace(message_primary=message, message_detail=detail)


CASES: dict[str, tuple[str | None, str, bool, type[CallFailed]]] = {
    "role exists": ("42710", "role exists", True, AlreadyThere),
    "database exists": ("42P04", "database exists", True, AlreadyThere),
    "denied": ("42501", "permission denied", True, CallFailed),
    "lock": ("55P03", "canceling statement due to lock timeout", True, NotYet),
    "two at once": ("XX000", "tuple concurrently updated", True, NotYet),
    "internal error": ("XX000", "cache lookup failed", True, CallFailed),
    "restart": ("57P01", "terminating connection", False, NotYet),
    "restart during a change": ("57P01", "terminating connection", True, Ambiguous),
    "lost": (None, "server closed the connection", True, Ambiguous),
    "lost while reading": (None, "server closed the connection", False, NotYet),
}


@pytest.mark.parametrize("name", CASES)
def test_errors(name: str) -> None:
    code, message, sent, expected = CASES[name]
    found = as_call_failed(SqlError(code, message), "ALTER ROLE", sent=sent)
    assert (type(found), found.operation, found.code == (code or found.code)) == (expected, "ALTER ROLE", True)
    assert "canary" not in f"{found} {found.hint}"


def test_what_depends_on_it_is_named() -> None:
    found = as_call_failed(SqlError("2BP01", "cannot drop schema app", "table app.orders depends on schema app"), "DROP SCHEMA", sent=True)
    assert "table app.orders" in found.message
    assert found.hint


def test_without_psycopg_one_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> Any:
        raise ImportError("No module named 'psycopg'")

    monkeypatch.setattr(driver_file.importlib, "import_module", missing)
    with pytest.raises(CallFailed, match=r"psycopg\[binary\]") as caught:
        driver_file.driver()
    assert "rds_sql_host" in caught.value.hint
