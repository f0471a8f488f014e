# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a server offers of extensions, and what an extension needs besides. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ....inputs.problems import suggestion
from ....postgresql.catalog import ServerState
from ....postgresql.rds_rules import LIBRARIES, OTHER_NAMES
from .settings import WantedDatabase, WantedExtension


def installation_problem(database: str, one: WantedExtension, server: ServerState) -> str:
    """Why an extension cannot be installed, in one sentence; empty if it can."""
    where = f"databases.{database}.extensions"
    offered = server.offered
    if one.name not in offered:
        release = f"{server.version // 10000}.{server.version % 10000}"
        other = OTHER_NAMES.get(one.name)
        instead = f"the extension is called {other}" if other in offered else suggestion(one.name, list(offered))
        return f"{where} names {one.name!r}, which this server (PostgreSQL {release}) does not offer; {instead}"
    found = offered[one.name]
    if one.version and one.version not in found.versions:
        return f"{where}.{one.name}.version is {one.version!r}, but this server offers {', '.join(found.versions) or found.default}"
    library = LIBRARIES.get(one.name, "")
    loaded = server.settings.get("shared_preload_libraries")
    if library and loaded is not None and library not in [name.strip() for name in loaded.split(",")]:
        parameter = f"the parameter shared_preload_libraries (it is {loaded!r})"
        return f"{where} names {one.name!r}, which needs {library} in {parameter}; add it there, and reboot the instance"
    return ""


def extension_problems(databases: Iterable[WantedDatabase], server: ServerState, installed: Mapping[str, Iterable[str]]) -> list[str]:
    """Every extension that cannot be installed. ``installed``: by database."""
    return [
        problem
        for database in databases
        for one in database.extensions
        if one.name not in installed.get(database.name, ()) and (problem := installation_problem(database.name, one, server))
    ]
