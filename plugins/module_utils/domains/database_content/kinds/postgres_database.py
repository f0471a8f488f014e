# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Databases: owner, privileges, settings, and statistics that a major upgrade has lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ....aws.connection import Aws
from ....postgresql.acl import corrections, shown
from ....postgresql.catalog import UNANALYZED, Database, read_server
from ....postgresql.quoting import identifier, literal
from ....postgresql.session import Session
from ....reconcile.errors import AlreadyThere, CallFailed
from ....reconcile.model import Observed, fixed, given, later
from ..server.acting import Run, acting_as, database_owner
from ..server.link import Look, ServerLink
from ..server.marks import mark_in, marked, unfinished_name, unfinished_prefix
from ..wanted.canonical import settings_value, settings_values
from ..wanted.settings import WantedDatabase
from .base import SqlKind, in_turn

PRESENT = "present"
OPTIONS = ("owner", "connection_limit", "settings", "privileges")


class PostgresDatabase(SqlKind):
    """A database.

    CREATE DATABASE takes neither a mark nor a transaction. So a database is created under a name that says whose it is, and then gets its
    mark, owner, and own name together.
    """

    name = "postgres_database"
    called = "database"
    holds_data = True

    database = fixed()
    encoding = fixed()
    locale = fixed()
    owner = given(document=True)
    connection_limit = given()
    settings = given(canonical=settings_values)
    privileges = given(document=True)
    statistics = later()

    deleted_after: tuple[str, ...] = ("postgres_extension", "postgres_schema")
    timeout = 300.0
    timeouts: Mapping[str, float] = {"update": 7200.0}

    def __init__(
        self, link: ServerLink, within: str, whose: tuple[str, str], wanted: Mapping[str, WantedDatabase], initial_database: str = ""
    ) -> None:
        """``initial_database``: the one that the instance was created with. It is taken over although it carries no mark."""
        super().__init__(link, within, whose)
        self.wanted = wanted
        self.initial_database = initial_database
        self.prefix = unfinished_prefix(*whose, within)

    # --- desired -----------------------------------------------------------------------------------------------------

    def desired(self, one: WantedDatabase) -> dict[str, Any]:
        return {
            "database": one.name,
            **({"encoding": one.encoding} if one.encoding else {}),
            **({"locale": one.locale} if one.locale else {}),
            "owner": one.owner,
            "connection_limit": one.connection_limit,
            "settings": dict(one.settings),
            "privileges": shown(one.privileges),
            **({"statistics": PRESENT} if one.analyze else {}),
        }

    # --- reading -----------------------------------------------------------------------------------------------------

    def all_of(self, look: Look) -> Iterator[tuple[Observed, str]]:
        expected = {unfinished_name(self.prefix, name) for name in self.wanted}
        for one in look.server.databases.values():
            if one.name.startswith(self.prefix):
                if one.name in expected:
                    continue  # create continues with it
                address = self.address(one.name)
                yield Observed(self.name, address, self.identity(one.name), {"database": one.name}, named=True), str(self.mark(address))
                continue
            address = self.address(one.name)
            yield (
                Observed(self.name, address, self.identity(one.name), self._properties(one, look), {"database": one.name}, named=True),
                one.comment,
            )

    def find(self, aws: Aws) -> list[Observed]:
        found = super().find(aws)
        look = self.link.look(aws)
        name = self.initial_database
        if look and name in self.wanted and name in look.server.databases and not mark_in(look.server.databases[name].comment):
            found += [replace(seen, marked="") for seen, _comment in self.all_of(look) if seen.id == self.identity(name)]
        return found

    def _properties(self, one: Database, look: Look) -> dict[str, Any]:
        hidden = {look.server.user, one.owner}
        state = look.databases.get(one.name)
        missing = state.unanalyzed if state else ()
        return {
            "database": one.name,
            "encoding": one.encoding,
            "locale": one.collate if one.collate == one.ctype else f"{one.collate}, {one.ctype}",
            "owner": one.owner,
            "connection_limit": one.connection_limit,
            "settings": dict(one.settings),
            "privileges": shown({who: what for who, what in one.privileges.items() if who not in hidden}),
            "statistics": f"missing for {len(missing)} tables: {', '.join(missing[:3])}" if missing else PRESENT,
        }

    # --- changing ----------------------------------------------------------------------------------------------------

    @in_turn
    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        """Create under the unfinished name, which an interrupted run leaves behind and the next one continues with; then finish it."""
        one = self.wanted[str(properties["database"])]
        session = self.link.changing(aws)
        temporary = unfinished_name(self.prefix, one.name)
        known = {str(row[0]) for row in session.rows("SELECT datname FROM pg_database WHERE datname IN (%s, %s)", [one.name, temporary])}
        if one.name in known:
            raise AlreadyThere(f"database {one.name} already exists", "CREATE DATABASE", "42P04")
        if temporary not in known:
            session.alone(f"CREATE DATABASE {identifier(temporary)}{_creation(one)}", "CREATE DATABASE")
        with session.transaction("CREATE DATABASE") as run, acting_as(session, run, [one.owner]):
            run(f"COMMENT ON DATABASE {identifier(temporary)} IS {literal(marked('', self.mark(address)))}")
            run(f"ALTER DATABASE {identifier(temporary)} RENAME TO {identifier(one.name)}")
            run(f"ALTER DATABASE {identifier(one.name)} OWNER TO {identifier(one.owner)}")
            self._set(session, run, one, _fresh(session, one.name), OPTIONS)
        return Observed(self.name, address, self.identity(one.name), properties, {"database": one.name}, named=True)

    @in_turn
    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        one = self.wanted[self.parts(seen)[0]]
        session = self.link.changing(aws)
        live = _fresh(session, one.name)
        if set(properties) - {"statistics"}:
            with session.transaction("ALTER DATABASE") as run, acting_as(session, run, [live.owner, one.owner]):
                self._set(session, run, one, live, tuple(properties))
        if "statistics" in properties:
            self._analyze(aws, one.name)

    @staticmethod
    def _set(session: Session, run: Run, one: WantedDatabase, live: Database, names: tuple[str, ...]) -> None:
        name = identifier(one.name)
        if "owner" in names:
            run(f"ALTER DATABASE {name} OWNER TO {identifier(one.owner)}")
            live = replace(live, owner=one.owner)
        if "connection_limit" in names and one.connection_limit != live.connection_limit:
            run(f"ALTER DATABASE {name} CONNECTION LIMIT {one.connection_limit}")
        if "settings" in names:
            for setting in sorted(set(live.settings) - set(one.settings)):
                run(f"ALTER DATABASE {name} RESET {setting}")
            for setting, value in one.settings.items():
                run(f"ALTER DATABASE {name} SET {setting} = {settings_value(setting, value)}")
        if "privileges" in names or "owner" in names:
            wanted = dict(one.privileges)
            if one.owner != session.user:  # without PUBLIC's privilege, the login of this module could not connect any more
                wanted[session.user] = live.privileges.get(session.user, frozenset()) | {"CONNECT"}
            for statement in corrections("database", name, live.privileges, wanted, keep=[one.owner]):
                run(statement)

    def _analyze(self, aws: Aws, database: str) -> None:
        """Collect the missing statistics, table by table, so that an interrupted run keeps what it has done."""
        session = self.link.changing(aws, database)
        owner = database_owner(session)
        for row in session.rows(UNANALYZED):
            with session.transaction("ANALYZE") as run, acting_as(session, run, [owner]):
                run(f"ANALYZE {row[0]}")

    @in_turn
    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        session = self.link.changing(aws)
        name = self.parts(seen)[0]
        live = _fresh(session, name)
        with session.transaction("COMMENT ON DATABASE") as run, acting_as(session, run, [live.owner]):
            run(f"COMMENT ON DATABASE {identifier(name)} IS {literal(marked(live.comment, self.mark(address)))}")

    # --- removing ----------------------------------------------------------------------------------------------------

    @in_turn
    def delete(self, aws: Aws, seen: Observed) -> None:
        """Drop a database that no client uses. Its owner becomes the login first, in one transaction, since dropping takes none."""
        session = self.link.changing(aws)
        name = self.parts(seen)[0]
        if name != self.link.target.database:
            self.link.leave(name)
        if not session.rows("SELECT FROM pg_database WHERE datname = %s", [name]):
            return
        query = """SELECT usename, count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'
            AND pid <> pg_backend_pid() GROUP BY 1 ORDER BY 1"""
        if users := [f"{row[0]} ({row[1]})" for row in session.rows(query, [name])]:
            hint = "End what uses it, and run again: a database in use is not dropped."
            raise CallFailed(f"database {name} has open connections: {', '.join(users)}", "DROP DATABASE", "55006", hint)
        owner = str(session.rows("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [name])[0][0])
        if owner != session.user:
            with session.transaction("DROP DATABASE") as run, acting_as(session, run, [owner]):
                run(f"ALTER DATABASE {identifier(name)} OWNER TO {identifier(session.user)}")
        session.alone(f"DROP DATABASE {identifier(name)}", "DROP DATABASE")


def _creation(one: WantedDatabase) -> str:
    """The options of CREATE DATABASE. Another encoding or locale than the template's needs template0."""
    text = f" ENCODING {literal(one.encoding)}" if one.encoding else ""
    text += f" LOCALE {literal(one.locale)}" if one.locale else ""
    return f" TEMPLATE template0{text}" if text else ""


def _fresh(session: Session, name: str) -> Database:
    """A database as it is right now."""
    databases = read_server(session).databases
    if name not in databases:
        raise CallFailed(f"database {name} does not exist any more", hint="Run again.")
    return databases[name]
