# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Extensions of a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....aws.connection import Aws
from ....postgresql.catalog import read_database, read_server
from ....postgresql.quoting import identifier, literal
from ....reconcile.errors import CallFailed
from ....reconcile.model import Observed, fixed, given
from ..server.acting import acting_as, database_owner
from ..server.link import Look, ServerLink
from ..server.marks import mark_in, marked
from ..wanted.extensions import installation_problem
from ..wanted.settings import WantedExtension
from .base import SqlKind, in_turn, pair


class PostgresExtension(SqlKind):
    """An extension. Dropping it drops its types, and with them columns: that is refused while anything uses them.

    A database has each extension at most once, so one that is installed without a mark is taken over.
    """

    name = "postgres_extension"
    called = "extension"
    holds_data = True
    adopts_unmarked = True

    extension = fixed()
    schema = given()
    version = given()

    timeout = 300.0

    def __init__(self, link: ServerLink, within: str, whose: tuple[str, str], wanted: Mapping[tuple[str, str], WantedExtension]) -> None:
        """``wanted``: by database and name."""
        super().__init__(link, within, whose)
        self.wanted = wanted

    # --- desired -----------------------------------------------------------------------------------------------------

    def desired(self, database: str, one: WantedExtension, look: Look | None) -> dict[str, Any]:
        """``look``: None if the server does not exist yet; the version is then the server's default, which is not known."""
        version = one.version
        if one.update and look is not None and one.name in look.server.offered:
            version = look.server.offered[one.name].default
        return {
            "extension": f"{database}/{one.name}",
            **({"schema": one.schema} if one.schema else {}),
            **({"version": version} if version else {}),
        }

    # --- reading -----------------------------------------------------------------------------------------------------

    def all_of(self, look: Look) -> Iterator[tuple[Observed, str]]:
        for database, state in look.databases.items():
            for one in state.extensions.values():
                identity = self.identity(database, one.name)
                properties = {"extension": f"{database}/{one.name}", "schema": one.schema, "version": one.version}
                yield Observed(self.name, self.address(database, one.name), identity, properties, named=True), one.comment

    def find(self, aws: Aws) -> list[Observed]:
        """Also what is wanted and cannot be marked: an extension that the server itself has installed, such as plpgsql."""
        found = super().find(aws)
        look = self.link.look(aws)
        for seen, comment in self.all_of(look) if look else ():
            database, name = self.parts(seen)
            owner = look.databases[database].extensions[name].owner if look else ""
            role = look.server.roles.get(owner) if look else None
            if (database, name) in self.wanted and not mark_in(comment) and not (role and role.assumable):
                found.append(seen)
        return found

    # --- changing ----------------------------------------------------------------------------------------------------

    @in_turn
    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        """Install with mark, in one transaction. The login is the extension's owner, as PostgreSQL has it also for trusted ones."""
        database, name = pair(properties["extension"])
        one = self.wanted[(database, name)]
        session = self.link.changing(aws, database)
        if problem := installation_problem(database, one, read_server(session)):
            raise CallFailed(problem, "CREATE EXTENSION", "NotOffered")
        options = f" SCHEMA {identifier(one.schema)}" if one.schema else ""
        options += f" VERSION {literal(one.version)}" if one.version else ""
        with session.transaction("CREATE EXTENSION") as run, acting_as(session, run, [database_owner(session)]):
            run("SET LOCAL search_path = public")  # where it goes, unless it or the description names a schema
            run(f"CREATE EXTENSION {identifier(name)}{options} CASCADE")
            run(f"COMMENT ON EXTENSION {identifier(name)} IS {literal(marked('', self.mark(address)))}")
        return Observed(self.name, address, self.identity(database, name), properties, named=True)

    @in_turn
    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        database, name = self.parts(seen)
        session = self.link.changing(aws, database)
        with session.transaction("ALTER EXTENSION") as run, acting_as(session, run, [database_owner(session)]):
            if "schema" in properties:
                run(f"ALTER EXTENSION {identifier(name)} SET SCHEMA {identifier(str(properties['schema']))}")
            if "version" in properties:
                run(f"ALTER EXTENSION {identifier(name)} UPDATE TO {literal(str(properties['version']))}")

    @in_turn
    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        database, name = self.parts(seen)
        session = self.link.changing(aws, database)
        comment = read_database(session).extensions[name].comment
        with session.transaction("COMMENT ON EXTENSION") as run:
            run(f"COMMENT ON EXTENSION {identifier(name)} IS {literal(marked(comment, self.mark(address)))}")

    # --- removing ----------------------------------------------------------------------------------------------------

    @in_turn
    def delete(self, aws: Aws, seen: Observed) -> None:
        """Drop an extension that nothing uses."""
        database, name = self.parts(seen)
        with self.link.changing(aws, database).transaction("DROP EXTENSION") as run:
            run(f"DROP EXTENSION IF EXISTS {identifier(name)} RESTRICT")
