# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Schemas, with the privileges on everything in them, now and in the future."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....aws.connection import Aws
from ....postgresql.acl import Privileges, corrections, default_corrections, shown, summary
from ....postgresql.catalog import Schema, ServerState, Thing, read_database, read_server
from ....postgresql.quoting import PUBLIC, identifier, literal
from ....reconcile.errors import AlreadyThere, CallFailed
from ....reconcile.model import Observed, fixed, given, later
from ..server.acting import acting_as, database_owner
from ..server.link import Look, ServerLink
from ..server.marks import marked
from ..wanted.settings import WantedSchema
from .base import SqlKind, in_turn, pair

OBJECTS = ("tables", "sequences", "functions")


class PostgresSchema(SqlKind):
    """A schema of a described database. Every database has a schema public: it counts as made, carries no mark, and is never dropped.

    The privileges on its tables, sequences and functions are compared object by object, also for objects of other creators: what an
    extension brings along is left out.
    """

    name = "postgres_schema"
    called = "schema"

    schema = fixed()
    owner = given(document=True)
    privileges = given(document=True)
    tables = later(document=True)
    sequences = later(document=True)
    functions = later(document=True)
    default_privileges = later(document=True)

    timeout = 300.0

    def __init__(self, link: ServerLink, within: str, whose: tuple[str, str], wanted: Mapping[tuple[str, str], WantedSchema]) -> None:
        """``wanted``: by database and name."""
        super().__init__(link, within, whose)
        self.wanted = wanted

    # --- desired -----------------------------------------------------------------------------------------------------

    def desired(self, one: WantedSchema) -> dict[str, Any]:
        return {
            "schema": f"{one.database}/{one.name}",
            **({"owner": one.owner} if one.owner else {}),
            "privileges": shown(one.privileges["schema"]),
            **{what: shown(one.privileges[what]) for what in OBJECTS},
            "default_privileges": _defaults_shown(_wanted_defaults(one)),
        }

    # --- reading -----------------------------------------------------------------------------------------------------

    def all_of(self, look: Look) -> Iterator[tuple[Observed, str]]:
        for database, state in look.databases.items():
            for schema in state.schemas.values():
                address = self.address(database, schema.name)
                if schema.name == PUBLIC:
                    if (database, PUBLIC) not in self.wanted:
                        continue
                    comment = str(self.mark(address))
                else:
                    comment = schema.comment
                yield self._observed(database, schema, look), comment

    def _observed(self, database: str, schema: Schema, look: Look) -> Observed:
        one = self.wanted.get((database, schema.name))
        properties: dict[str, Any] = {"schema": f"{database}/{schema.name}", "owner": schema.owner, "privileges": shown(schema.privileges)}
        trouble = ""
        if one is not None:
            beyond = [
                f"{thing.label} (of {thing.owner})"
                for what in OBJECTS
                for thing in schema.objects[what]
                if not _assumable(thing, look.server) and _differs(what, thing, one.privileges[what])
            ]
            if beyond:
                trouble = f"its privileges are not all as described, and this login cannot change them: {', '.join(sorted(beyond)[:3])}"
            for what in OBJECTS:
                things = [thing for thing in schema.objects[what] if _assumable(thing, look.server)]
                wanted = one.privileges[what]
                properties[what] = summary({t.label: _as_wanted(what, t, wanted) for t in things}, wanted)
            properties["default_privileges"] = _defaults_shown(_present_defaults(schema))
        return Observed(
            self.name, self.address(database, schema.name), self.identity(database, schema.name), properties, named=True, trouble=trouble
        )

    # --- changing ----------------------------------------------------------------------------------------------------

    @in_turn
    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        one = self.wanted[pair(properties["schema"])]
        session = self.link.changing(aws, one.database)
        name = identifier(one.name)
        there = session.rows("SELECT FROM pg_namespace WHERE nspname = %s", [one.name])
        if there and one.name != PUBLIC:
            raise AlreadyThere(f"schema {one.name} already exists in database {one.database}", "CREATE SCHEMA", "42P06")
        found = read_database(session).schemas[PUBLIC].privileges if there else {}
        owners = [database_owner(session), *([one.owner] if one.owner else [])]
        with session.transaction("CREATE SCHEMA") as run, acting_as(session, run, owners):
            if not there:
                run(f"CREATE SCHEMA {name}")
                run(f"COMMENT ON SCHEMA {name} IS {literal(marked('', self.mark(address)))}")
            if one.owner:
                run(f"ALTER SCHEMA {name} OWNER TO {identifier(one.owner)}")
            for statement in corrections("schema", name, found, one.privileges["schema"], keep=[one.owner]):
                run(statement)
        return Observed(self.name, address, self.identity(one.database, one.name), properties, named=True)

    def fresh(self, seen: Observed) -> Mapping[str, Any]:
        """A new schema has no objects, so the privileges on them are as described; what future objects get is not."""
        one = self.wanted[self.parts(seen)]
        return {**{what: shown(one.privileges[what]) for what in OBJECTS}, "default_privileges": {}}

    @in_turn
    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        one = self.wanted[self.parts(seen)]
        session = self.link.changing(aws, one.database)
        state = read_database(session)
        if one.name not in state.schemas:
            raise CallFailed(f"schema {one.name} does not exist any more in database {one.database}", hint="Run again.")
        schema = state.schemas[one.name]
        steps = self._statements(one, schema, properties, read_server(session))
        owners = [database_owner(session), *([one.owner] if one.owner else []), *(owner for owner, _text in steps)]
        with session.transaction("GRANT") as run, acting_as(session, run, owners):
            if "owner" in properties and one.owner != schema.owner:
                run(f"ALTER SCHEMA {identifier(one.name)} OWNER TO {identifier(one.owner)}")
            for _owner, statement in steps:
                run(statement)

    @staticmethod
    def _statements(one: WantedSchema, schema: Schema, properties: Mapping[str, Any], server: ServerState) -> list[tuple[str, str]]:
        """Each statement with the role whose privileges it needs."""
        found: list[tuple[str, str]] = []
        owner = one.owner or schema.owner
        if "privileges" in properties or "owner" in properties:
            lines = corrections("schema", identifier(one.name), schema.privileges, one.privileges["schema"], keep=[owner])
            found += [(owner, line) for line in lines]
        for what in OBJECTS:
            for thing in schema.objects[what] if what in properties else ():
                if _assumable(thing, server):
                    wanted, keep = one.privileges[what], [thing.owner, *_spared(what, one.privileges[what])]
                    found += [(thing.owner, line) for line in corrections(what, thing.target, thing.privileges, wanted, keep)]
        if "default_privileges" in properties:
            present, wanted_defaults = _present_defaults(schema), _wanted_defaults(one)
            for creator in sorted({*present, *wanted_defaults}):
                for what in OBJECTS:
                    has, should = present.get(creator, {}).get(what, {}), wanted_defaults.get(creator, {}).get(what, {})
                    lines = default_corrections(identifier(creator), identifier(one.name), what, has, should)
                    found += [(creator, line) for line in lines]
        return found

    @in_turn
    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        database, name = self.parts(seen)
        session = self.link.changing(aws, database)
        schema = read_database(session).schemas[name]
        with session.transaction("COMMENT ON SCHEMA") as run, acting_as(session, run, [schema.owner]):
            run(f"COMMENT ON SCHEMA {identifier(name)} IS {literal(marked(schema.comment, self.mark(address)))}")

    # --- removing ----------------------------------------------------------------------------------------------------

    @in_turn
    def delete(self, aws: Aws, seen: Observed) -> None:
        """Drop an empty schema. Nothing is dropped along with it."""
        database, name = self.parts(seen)
        session = self.link.changing(aws, database)
        state = read_database(session)
        if name not in state.schemas:
            return
        owner = state.schemas[name].owner
        with session.transaction("DROP SCHEMA") as run, acting_as(session, run, [owner]):
            run(f"DROP SCHEMA {identifier(name)} RESTRICT")


def _assumable(thing: Thing, server: ServerState) -> bool:
    role = server.roles.get(thing.owner)
    return thing.owner == server.user or bool(role and role.assumable)


def _spared(what: str, wanted: Privileges) -> list[str]:
    """PUBLIC may execute every function unless it says otherwise. That is left alone, unless the description names PUBLIC."""
    return [PUBLIC] if what == "functions" and PUBLIC not in wanted else []


def _as_wanted(what: str, thing: Thing, wanted: Privileges) -> Privileges:
    """What an object's list has, with those left out that need no entry in it, or counted as having what they should."""
    spared = {thing.owner, *_spared(what, wanted)}
    found = {name: held for name, held in thing.privileges.items() if name not in spared}
    return {**found, **{name: wanted[name] for name in spared if name in wanted}}


def _differs(what: str, thing: Thing, wanted: Privileges) -> bool:
    return shown(_as_wanted(what, thing, wanted)) != shown(wanted)


Defaults = Mapping[str, Mapping[str, Privileges]]


def _wanted_defaults(one: WantedSchema) -> Defaults:
    return {
        creator: {what: {who: held for who, held in one.privileges[what].items() if who != creator} for what in OBJECTS}
        for creator in one.creators
    }


def _present_defaults(schema: Schema) -> Defaults:
    return {
        creator: {what: {who: held for who, held in lists.get(what, {}).items() if who != creator} for what in OBJECTS}
        for creator, lists in schema.defaults.items()
    }


def _defaults_shown(defaults: Defaults) -> dict[str, dict[str, dict[str, list[str]]]]:
    found = {creator: {what: shown(lists[what]) for what in OBJECTS if shown(lists[what])} for creator, lists in sorted(defaults.items())}
    return {creator: lists for creator, lists in found.items() if lists}
