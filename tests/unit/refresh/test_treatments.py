# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every database is anonymized, or someone has said why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.refresh.anonymizing import treatments

CHECKS = {"addresses": "SELECT FROM users WHERE email NOT LIKE '%@example.com'"}


@pytest.fixture
def sql(tmp_path: Path) -> str:
    path = tmp_path / "app.sql"
    path.write_text("UPDATE users SET email = 'user' || id || '@example.com';")
    return str(path)


def test_sql_and_reasons(sql: str) -> None:
    found, problems = treatments({"app": {"files": [sql], "checks": CHECKS}, "metrics": {"none": "counters of requests only"}})
    assert problems == []
    assert [one.name for one in found["app"].scripts] == ["app.sql"]
    assert found["app"].checks == CHECKS
    assert found["metrics"].reason == "counters of requests only"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "anonymize is empty; name every database"),
        ({"app": None}, "anonymize.app is None; it must have files"),
        ({"app": {}}, "anonymize.app must have either files, or none"),
        ({"app": {"none": True}}, "anonymize.app.none is True; it must be the reason, in words"),
        ({"app": {"none": "no"}}, "it must be the reason, in words"),
        ({"app": {"files": ["SQL"], "none": "nothing personal"}}, "must have either files, or none"),
        ({"app": {"files": ["SQL"]}}, "anonymize.app has no checks"),
        ({"app": {"files": ["/nothing.sql"], "checks": CHECKS}}, "anonymize.app.files: /nothing.sql cannot be read"),
        ({"app": {"file": ["SQL"]}}, "anonymize.app has 'file'; it can have files, checks, none"),
        ({"app": {"files": ["SQL"], "checks": {"a": ""}}}, "anonymize.app.checks.a is ''"),
        ({"app": {"files": "SQL", "checks": CHECKS}}, "files must be a list"),
    ],
)
def test_what_is_refused(given: dict[str, Any], said: str, sql: str) -> None:
    for one in given.values():
        if one and one.get("files") == ["SQL"]:
            one["files"] = [sql]
    found, problems = treatments(given)
    assert any(said in one for one in problems), problems
    assert found == {}
