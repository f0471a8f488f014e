# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Extensions that a server does not offer: one sentence each, with what it offers."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.wanted.extensions import extension_problems
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.wanted.settings import WantedDatabase, WantedExtension
from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.catalog import Extension, ServerState

OFFERED = {"vector": Extension("0.8.0", ("0.7.0", "0.8.0")), "pg_stat_statements": Extension("1.11"), "uuid-ossp": Extension("1.1")}

CASES: dict[str, tuple[WantedExtension, str, str]] = {
    "offered": (WantedExtension("vector"), "", ""),
    "in that version": (WantedExtension("vector", "0.7.0"), "", ""),
    "in another version": (WantedExtension("vector", "0.9.0"), "", "but this server offers 0.7.0, 0.8.0"),
    "misspelled": (WantedExtension("vectr"), "", "(PostgreSQL 17.4) does not offer; did you mean vector?"),
    "called otherwise": (WantedExtension("pgvector"), "", "the extension is called vector"),
    "not offered": (WantedExtension("timescaledb"), "", "valid names are pg_stat_statements, uuid-ossp, vector"),
    "loaded": (WantedExtension("pg_stat_statements"), "rdsutils, pg_stat_statements", ""),
    "not loaded": (WantedExtension("pg_stat_statements"), "rdsutils", "needs pg_stat_statements in the parameter shared_preload_libraries"),
}


@pytest.mark.parametrize("name", CASES)
def test_extensions(name: str) -> None:
    one, loaded, expected = CASES[name]
    server = ServerState(170004, "dbadmin", {"shared_preload_libraries": loaded}, {}, {}, OFFERED)
    found = extension_problems([WantedDatabase("shop", "dbadmin", extensions=(one,))], server, {})
    assert (len(found), expected in "".join(found)) == (1 if expected else 0, True)
    assert all(text.startswith("databases.shop.extensions") for text in found)


def test_what_is_installed_is_not_asked_for() -> None:
    server = ServerState(170004, "dbadmin", {}, {}, {}, {})
    wanted = WantedDatabase("shop", "dbadmin", extensions=(WantedExtension("vector"),))
    assert extension_problems([wanted], server, {"shop": ("vector",)}) == []
