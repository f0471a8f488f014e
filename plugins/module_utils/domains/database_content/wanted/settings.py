# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of databases and users, read and checked: reports all problems at once, each with path, value, and remedy."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....inputs.problems import Problems, suggestion
from ....inputs.reader import Reader
from ....inputs.values import matching, one_of
from ....postgresql.acl import ALL
from ....postgresql.encodings import is_encoding
from ....postgresql.quoting import PUBLIC
from ....postgresql.rds_rules import RESERVED_PREFIXES, RESERVED_ROLES
from .access import CHOICES, IN_SCHEMA, OWNER, ByClass, Explicit, expanded, merged

NAME = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
NAME_IN_WORDS = "at most 63 lower-case letters, digits, '_' and '-', starting with a letter or '_'"
SETTING = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
UNTIL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
LOGINS = ("password", "iam", "none")
RESERVED_DATABASES = ("rdsadmin", "template0", "template1", "postgres")
PREDEFINED = re.compile(r"(pg|rds)_[a-z_]+")
"""Roles of PostgreSQL and RDS that a user may be a member of, such as pg_monitor."""


@dataclass(frozen=True)
class User:
    """A role. ``login`` "none" makes it a group. ``attributes``: of "createdb" and "createrole"."""

    name: str
    login: str = "password"
    member_of: tuple[str, ...] = ()
    connection_limit: int = -1
    valid_until: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WantedExtension:
    """``version``: empty for the server's default at creation. ``update``: follow that default from then on."""

    name: str
    version: str = ""
    schema: str = ""
    update: bool = False


@dataclass(frozen=True)
class WantedSchema:
    """``privileges``: by class and role. ``creators``: the roles that create objects here. ``owner``: empty for schema public, whose owner
    is pg_database_owner."""

    database: str
    name: str
    owner: str
    privileges: ByClass
    creators: tuple[str, ...]


@dataclass(frozen=True)
class WantedDatabase:
    name: str
    owner: str
    encoding: str = ""
    locale: str = ""
    connection_limit: int = -1
    settings: Mapping[str, str] = field(default_factory=dict)
    extensions: tuple[WantedExtension, ...] = ()
    schemas: tuple[WantedSchema, ...] = ()
    privileges: Mapping[str, frozenset[str]] = field(default_factory=dict)
    analyze: bool = True


@dataclass(frozen=True)
class Contents:
    users: Mapping[str, User] = field(default_factory=dict)
    databases: Mapping[str, WantedDatabase] = field(default_factory=dict)


as_role = matching(NAME)


def read_contents(databases: Any, users: Any, master: str, path: str = "") -> tuple[Contents, list[str]]:
    """The content of one server, and every problem with it. ``master``: the login of the module. ``path``: what paths begin with."""
    problems = Problems()
    prefix = f"{path}." if path else ""
    known: dict[str, User] = {}
    for name, value in Reader(users, f"{prefix}users", problems).given.items():
        one = _user(name, Reader(value, f"{prefix}users.{name}", problems), master)
        if one:
            known[one.name] = one
    members: dict[str, set[str]] = {}
    found: dict[str, WantedDatabase] = {}
    for name, value in Reader(databases, f"{prefix}databases", problems).given.items():
        section = Reader(value, f"{prefix}databases.{name}", problems)
        if _named(name, RESERVED_DATABASES, "database", section):
            found[str(name)] = _database(str(name), section, known, master, members)
    known = {name: _joined(one, members.get(name, set())) for name, one in known.items()}
    _check_members(known, prefix, problems, master)
    return Contents(known, found), problems.messages


def _named(name: Any, reserved: Collection[str], what: str, reader: Reader) -> bool:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        reader.problems.add(reader.path, name, f"the name of a {what} must be {NAME_IN_WORDS}")
    elif name in reserved or name.startswith((*RESERVED_PREFIXES, "mainstay_")):
        remedy = f"this name belongs to PostgreSQL, RDS, or this collection; choose another name for the {what}"
        reader.problems.add(reader.path, name, remedy)
    else:
        return True
    return False


def _user(name: Any, reader: Reader, master: str) -> User | None:
    if not _named(name, RESERVED_ROLES, "user", reader):
        return None
    if name == master:
        reader.problems.add(reader.path, name, "it is the master user, which the instance itself manages; choose another name")
        return None
    login = reader.choice("login", LOGINS, "password")
    rotation = reader.take("rotation")  # the component that creates the secrets uses it
    if rotation is not None and login in LOGINS and login != "password":
        reader.problems.add(reader.at("rotation"), rotation, f"login is {login}, and only generated passwords are rotated; remove it")
    attributes = [one for one, key in (("createdb", "create_databases"), ("createrole", "create_roles")) if reader.boolean(key, False)]
    one = User(
        name=name,
        login=login,
        member_of=reader.items("member_of", (), as_role, f"it must be the name of a user: {NAME_IN_WORDS}"),
        connection_limit=reader.integer("connection_limit", -1, 0, 100000),
        valid_until=_until(reader),
        settings=_settings(reader),
        attributes=tuple(attributes),
    )
    if "password" in reader.given:
        reader.take("password")
        remedy = "passwords are never written down: login: password generates one into a secret, login: iam needs none; remove it"
        reader.problems.messages.append(f"{reader.at('password')} is set, but {remedy}")
    reader.finish()
    return one


def _until(reader: Reader) -> str:
    text = reader.text("valid_until", "")
    if text and not UNTIL.fullmatch(text):
        reader.problems.add(reader.at("valid_until"), text, "it must be a time in UTC such as '2030-12-31T00:00:00Z'")
        return ""
    return text


def _settings(reader: Reader) -> dict[str, str]:
    found = reader.string_map("settings")
    for name in found:
        if not SETTING.fullmatch(name):
            reader.problems.add(reader.at("settings"), name, "it must be the name of a PostgreSQL setting such as statement_timeout")
    return found


def _database(name: str, reader: Reader, users: Mapping[str, User], master: str, members: dict[str, set[str]]) -> WantedDatabase:
    access = _access(reader, users)
    owner = _owner(reader, access, users, master)
    for one, level in access.items():
        if level == OWNER and one != owner != master:
            members.setdefault(one, set()).add(owner)
    here = expanded(access, _explicit(reader, users, tuple(ALL)))
    policy = _public(reader.section("public"))
    schemas = _schemas(name, reader, users, owner, access, here, policy)
    privileges = merged(here, {"database": {PUBLIC: policy["database"]}})["database"]
    found = WantedDatabase(
        name=name,
        owner=owner,
        encoding=_encoding(reader),
        locale=reader.text("locale", ""),
        connection_limit=reader.integer("connection_limit", -1, 0, 100000),
        settings=_settings(reader),
        extensions=_extensions(reader),
        schemas=schemas,
        privileges={who: what for who, what in privileges.items() if who != owner},
        analyze=reader.boolean("analyze", True),
    )
    reader.finish()
    return found


def _encoding(reader: Reader) -> str:
    text = reader.text("encoding", "")
    if text and not is_encoding(text):
        reader.problems.add(reader.at("encoding"), text, "it must be a server encoding of PostgreSQL such as UTF8")
        return ""
    return text


def _access(reader: Reader, users: Mapping[str, User]) -> dict[str, str]:
    found: dict[str, str] = {}
    section = reader.section("access")
    for name in section.given:
        if name not in users:
            section.problems.add(section.path, name, f"it is not one of the users described here; {suggestion(str(name), list(users))}")
        found[str(name)] = section.choice(str(name), CHOICES, "read")
    return {name: level for name, level in found.items() if name in users}


def _owner(reader: Reader, access: Mapping[str, str], users: Mapping[str, User], master: str) -> str:
    """The one role that owns a database: the one named, else the only one with access: owner, else the master."""
    given = reader.take("owner")
    owners = [name for name, level in access.items() if level == OWNER]
    if isinstance(given, list | tuple):
        remedy = "a database has one owner: name a group (a user with login: none), and give the others access: owner"
        reader.problems.add(reader.at("owner"), list(given), remedy)
        return master
    if given is None:
        if len(owners) > 1:
            remedy = "a database has one owner: set owner to a group (a user with login: none), of which they become members"
            reader.problems.add(reader.at("access"), dict.fromkeys(owners, OWNER), remedy)
        return owners[0] if len(owners) == 1 else master
    if given == master:
        owner = master
    elif isinstance(given, str) and given in users:
        owner = given
    else:
        wanted = f"it must be one of the users described here, or the master; {suggestion(str(given), [*users, master])}"
        reader.problems.add(reader.at("owner"), given, wanted)
        return master
    others = [name for name in owners if name != owner]
    if others and (owner == master or users[owner].login != "none"):
        remedy = (
            f"owner is {owner!r}, who logs in, and a database has one owner: make a group the owner (a user with login: none), and give "
            "its members access: owner"
        )
        reader.problems.add(reader.at("access"), dict.fromkeys(others, OWNER), remedy)
    return owner


def _explicit(reader: Reader, users: Mapping[str, User], classes: tuple[str, ...]) -> Explicit:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    section = reader.section("privileges")
    for name in section.given:
        if name != PUBLIC and name not in users:
            section.problems.add(section.path, name, f"it is not one of the users described here; {suggestion(str(name), list(users))}")
        inner = section.section(str(name))
        found[str(name)] = {
            what: inner.items(what, (), one_of(ALL[what]), f"it must be one of {', '.join(ALL[what])}")
            for what in classes
            if what in inner.given
        }
        for what in classes:
            inner.take(what)
        inner.finish()
    return found


def _public(reader: Reader) -> dict[str, frozenset[str]]:
    """What all roles may do: by default nothing but use schema public, once they may connect at all."""
    database = [privilege for key, privilege in (("connect", "CONNECT"), ("temporary", "TEMPORARY")) if reader.boolean(key, False)]
    schema = [one for one, default in (("USAGE", True), ("CREATE", False)) if reader.boolean(one.lower(), default)]
    reader.finish()
    return {"database": frozenset(database), "schema": frozenset(schema)}


def _schemas(
    database: str,
    reader: Reader,
    users: Mapping[str, User],
    owner: str,
    access: Mapping[str, str],
    here: ByClass,
    policy: Mapping[str, frozenset[str]],
) -> tuple[WantedSchema, ...]:
    section = reader.section("schemas")
    found = []
    for name in {PUBLIC: None, **section.given}:
        inner = Reader(section.given.get(name), section.at(str(name)), reader.problems)
        if name != PUBLIC and not _named(name, ("information_schema",), "schema", inner):
            continue
        its = _schema_owner(inner, name, owner, users)
        own = _access(inner, users)
        more = expanded(own, _explicit(inner, users, IN_SCHEMA))
        privileges = merged(here, more)
        if name == PUBLIC:
            privileges = merged(privileges, {"schema": {PUBLIC: policy["schema"]}})
        creators = {owner, its or owner, *(one for one, level in access.items() if level == OWNER)}
        if wrong := [one for one, level in own.items() if level == OWNER]:
            remedy = "access: owner is given for a whole database; set the schema's owner instead"
            inner.problems.add(inner.at("access"), dict.fromkeys(wrong, OWNER), remedy)
        inner.finish()
        privileges["schema"] = {who: what for who, what in privileges["schema"].items() if who != its}
        found.append(WantedSchema(database, str(name), its, {what: privileges[what] for what in IN_SCHEMA}, tuple(sorted(creators))))
    return tuple(found)


def _schema_owner(reader: Reader, name: Any, owner: str, users: Mapping[str, User]) -> str:
    given = reader.text("owner", "" if name == PUBLIC else owner)
    if given and given != owner and given not in users:
        wanted = f"it must be one of the users described here; {suggestion(given, list(users))}"
        reader.problems.add(reader.at("owner"), given, wanted)
        return owner
    return given


def _extensions(reader: Reader) -> tuple[WantedExtension, ...]:
    """A list of names, or a mapping with settings for each."""
    given = reader.take("extensions")
    if isinstance(given, list | tuple):
        names = Reader({"extensions": given}, reader.path, reader.problems).items("extensions", (), as_extension, EXTENSION_WORDS)
        return tuple(WantedExtension(name) for name in names)
    found = []
    for name, value in Reader(given, reader.at("extensions"), reader.problems).given.items():
        inner = Reader(value, f"{reader.at('extensions')}.{name}", reader.problems)
        if as_extension(name) is None:
            reader.problems.add(reader.at("extensions"), name, EXTENSION_WORDS)
        one = WantedExtension(str(name), inner.text("version", ""), inner.text("schema", ""), inner.boolean("update", False))
        if one.version and one.update:
            inner.problems.add(inner.at("update"), True, f"version pins it to {one.version}; keep one of the two")
        inner.finish()
        found.append(one)
    return tuple(found)


as_extension = matching(re.compile(r"[a-z][a-z0-9_-]{0,62}"))
EXTENSION_WORDS = "it must be the name of an extension as CREATE EXTENSION takes it, such as vector or pg_stat_statements"


def _joined(user: User, groups: set[str]) -> User:
    member_of = tuple(sorted({*user.member_of, *groups}))
    return User(user.name, user.login, member_of, user.connection_limit, user.valid_until, user.settings, user.attributes)


def _check_members(users: Mapping[str, User], prefix: str, problems: Problems, master: str) -> None:
    for user in users.values():
        path = f"{prefix}users.{user.name}.member_of"
        for group in user.member_of:
            if group == "rds_iam":
                problems.add(path, group, "login: iam makes a user a member of it; set that instead")
            elif group in ("rds_superuser", master):
                problems.add(path, group, "it has the rights of the master user; give the user access to what it needs")
            elif group not in users and not PREDEFINED.fullmatch(group):
                problems.add(path, group, f"it is not one of the users described here; {suggestion(group, list(users))}")
        if circle := _circle(user.name, users):
            remedy = f"it leads back to {user.name}: {' -> '.join(circle)}; remove one of these memberships"
            problems.add(path, list(user.member_of), remedy)


def _circle(name: str, users: Mapping[str, User]) -> list[str]:
    todo = [[name]]
    seen = set()
    while todo:
        way = todo.pop()
        for group in users[way[-1]].member_of if way[-1] in users else ():
            if group == name:
                return [*way, group]
            if group not in seen:
                seen.add(group)
                todo.append([*way, group])
    return []
