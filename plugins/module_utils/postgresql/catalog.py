# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is inside a server, read from its catalogs: a few queries for the server and for each database, however much there is in them.

Everything here reads only pg_catalog views and tables that every login may read. Passwords are in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .acl import LETTERS, Privileges, parsed
from .session import Session

SERVER_QUERIES = 5
DATABASE_QUERIES = 6
"""How many queries ``read_server`` and ``read_database`` make. A test counts them."""

ANALYZED_FROM = 64 * 1024
"""Bytes. A larger table without statistics is one that autovacuum would have analyzed: they were lost, as in a major upgrade."""


@dataclass(frozen=True)
class Role:
    """``assumable``: whether our login may become it, at once or by granting it to itself. ``member_of``: role -> grantors."""

    name: str
    login: bool = False
    attributes: frozenset[str] = frozenset()
    connection_limit: int = -1
    valid_until: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    member_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    assumable: bool = True


@dataclass(frozen=True)
class Database:
    name: str
    owner: str
    encoding: str
    collate: str
    ctype: str
    connection_limit: int
    privileges: Privileges
    settings: Mapping[str, str]
    comment: str
    connectable: bool


@dataclass(frozen=True)
class Extension:
    """``default``: the version that CREATE EXTENSION installs. ``versions``: all that the server has the scripts of."""

    default: str
    versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServerState:
    version: int
    user: str
    settings: Mapping[str, str]
    roles: Mapping[str, Role]
    databases: Mapping[str, Database]
    offered: Mapping[str, Extension]


@dataclass(frozen=True)
class Thing:
    """A table, sequence or function. ``label``: its name without the schema, with the types of its arguments if it is a function."""

    label: str
    target: str
    owner: str
    privileges: Privileges


@dataclass(frozen=True)
class Schema:
    """``objects``: by class ("tables", "sequences", "functions"). ``defaults``: by creator and class."""

    name: str
    owner: str
    privileges: Privileges
    comment: str
    objects: Mapping[str, tuple[Thing, ...]] = field(default_factory=dict)
    defaults: Mapping[str, Mapping[str, Privileges]] = field(default_factory=dict)


@dataclass(frozen=True)
class Installed:
    """An extension in a database."""

    name: str
    version: str
    schema: str
    owner: str
    comment: str


@dataclass(frozen=True)
class DatabaseState:
    """``unanalyzed``: the quoted names of tables that lack statistics, largest first."""

    schemas: Mapping[str, Schema]
    extensions: Mapping[str, Installed]
    unanalyzed: tuple[str, ...]


ACL = """(SELECT coalesce(json_agg(json_build_array(CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
    a.privilege_type, a.is_grantable)), '[]') FROM aclexplode(coalesce({acl}, acldefault('{kind}', {owner}))) a)"""

SETTINGS = """SELECT name, setting FROM pg_settings WHERE name IN ('shared_preload_libraries', 'rds.extensions', 'password_encryption')"""

ROLES = """SELECT r.rolname, r.rolcanlogin, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls, r.rolconnlimit,
    CASE WHEN r.rolvaliduntil = 'infinity' THEN '' ELSE to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END,
    r.rolconfig, coalesce(shobj_description(r.oid, 'pg_authid'), ''),
    (SELECT coalesce(json_agg(json_build_array(pg_get_userbyid(m.roleid), pg_get_userbyid(m.grantor))), '[]')
        FROM pg_auth_members m WHERE m.member = r.oid),
    NOT r.rolsuper AND (pg_has_role(r.oid, 'MEMBER') OR pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')
        OR (current_setting('server_version_num')::int < 160000 AND (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)))
    FROM pg_roles r"""

DATABASES = f"""SELECT d.datname, pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, d.datconnlimit,
    {ACL.format(acl="d.datacl", kind="d", owner="d.datdba")},
    coalesce(shobj_description(d.oid, 'pg_database'), ''), d.datallowconn AND has_database_privilege(d.oid, 'CONNECT')
    FROM pg_database d WHERE NOT d.datistemplate"""  # noqa: S608 - only constants of this file

DATABASE_SETTINGS = """SELECT d.datname, s.setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
    WHERE s.setrole = 0"""

OFFERED = """SELECT e.name, e.default_version, (SELECT coalesce(json_agg(v.version), '[]') FROM pg_available_extension_versions v
    WHERE v.name = e.name) FROM pg_available_extensions e"""

SCHEMAS = f"""SELECT n.nspname, pg_get_userbyid(n.nspowner), {ACL.format(acl="n.nspacl", kind="n", owner="n.nspowner")},
    coalesce(obj_description(n.oid, 'pg_namespace'), '') FROM pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""  # noqa: S608 - only constants of this file

OWN_OBJECTS = """NOT EXISTS (SELECT FROM pg_depend x
    WHERE x.classid = '{catalog}'::regclass AND x.objid = {oid} AND x.deptype IN ('e', 'i'))
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

RELATIONS = f"""SELECT n.nspname, c.relkind = 'S', c.relname, pg_get_userbyid(c.relowner),
    CASE c.relkind WHEN 'S' THEN {ACL.format(acl="c.relacl", kind="s", owner="c.relowner")}
        ELSE {ACL.format(acl="c.relacl", kind="r", owner="c.relowner")} END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {OWN_OBJECTS.format(catalog="pg_class", oid="c.oid")}"""  # noqa: S608 - as above

FUNCTIONS = f"""SELECT n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), pg_get_userbyid(p.proowner),
    {ACL.format(acl="p.proacl", kind="f", owner="p.proowner")}
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE {OWN_OBJECTS.format(catalog="pg_proc", oid="p.oid")}"""  # noqa: S608 - as above

DEFAULTS = """SELECT n.nspname, pg_get_userbyid(d.defaclrole), d.defaclobjtype::text,
    (SELECT coalesce(json_agg(json_build_array(CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
    a.privilege_type, a.is_grantable)), '[]') FROM aclexplode(d.defaclacl) a)
    FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace WHERE d.defaclobjtype IN ('r', 'S', 'f')"""

EXTENSIONS = """SELECT e.extname, e.extversion, n.nspname, pg_get_userbyid(e.extowner), coalesce(obj_description(e.oid, 'pg_extension'), '')
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"""

UNANALYZED = f"""SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND c.reltuples < 0 AND {OWN_OBJECTS.format(catalog="pg_class", oid="c.oid")}
    AND pg_relation_size(c.oid) >= {ANALYZED_FROM} ORDER BY pg_relation_size(c.oid) DESC"""  # noqa: S608 - as above

ATTRIBUTES = ("superuser", "createdb", "createrole", "replication", "bypassrls")


def read_server(session: Session) -> ServerState:
    """Roles, databases and offered extensions. Raises CallFailed."""
    settings = {str(name): str(value) for name, value in session.rows(SETTINGS)}
    roles = {one.name: one for one in map(_role, session.rows(ROLES))}
    configured = {str(name): _settings(config) for name, config in session.rows(DATABASE_SETTINGS)}
    databases = {str(row[0]): _database(row, configured) for row in session.rows(DATABASES)}
    offered = {str(name): Extension(str(default), tuple(sorted(map(str, versions)))) for name, default, versions in session.rows(OFFERED)}
    return ServerState(session.version, session.user, settings, roles, databases, offered)


def _role(row: Sequence[object]) -> Role:
    name, login, *flags = row[:7]
    limit, until, config, comment, grants, assumable = row[7:]
    member_of: dict[str, tuple[str, ...]] = {}
    for group, grantor in grants:  # type: ignore[attr-defined]
        member_of[group] = (*member_of.get(group, ()), grantor)
    held = frozenset(attribute for attribute, flag in zip(ATTRIBUTES, flags, strict=True) if flag)
    return Role(
        name=str(name),
        login=bool(login),
        attributes=held,
        connection_limit=int(str(limit)),
        valid_until=str(until or ""),
        settings=_settings(config),
        comment=str(comment),
        member_of=member_of,
        assumable=bool(assumable),
    )


def _settings(config: object) -> dict[str, str]:
    """``{"work_mem=64MB"}`` as a mapping."""
    return dict(str(one).split("=", 1) for one in config) if isinstance(config, list) else {}


def _database(row: Sequence[object], configured: Mapping[str, Mapping[str, str]]) -> Database:
    name, owner, encoding, collate, ctype, limit, acl, comment, connectable = row
    return Database(
        name=str(name),
        owner=str(owner),
        encoding=str(encoding),
        collate=str(collate),
        ctype=str(ctype),
        connection_limit=int(str(limit)),
        privileges=parsed(acl, str(owner)),  # type: ignore[arg-type]
        settings=configured.get(str(name), {}),
        comment=str(comment),
        connectable=bool(connectable),
    )


def read_database(session: Session) -> DatabaseState:
    """Schemas with the privileges in them, extensions, and tables without statistics. Raises CallFailed."""
    objects: dict[tuple[str, str], list[Thing]] = {}
    for schema, sequence, name, owner, acl in session.rows(RELATIONS):
        one = Thing(name, _quoted(schema, name), owner, parsed(acl, owner))
        objects.setdefault((schema, "sequences" if sequence else "tables"), []).append(one)
    for schema, name, arguments, owner, acl in session.rows(FUNCTIONS):
        one = Thing(f"{name}({arguments})", f"{_quoted(schema, name)}({arguments})", owner, parsed(acl, owner))
        objects.setdefault((schema, "functions"), []).append(one)
    defaults: dict[str, dict[str, dict[str, Privileges]]] = {}
    for schema, creator, letter, acl in session.rows(DEFAULTS):
        defaults.setdefault(schema, {}).setdefault(creator, {})[LETTERS[letter]] = parsed(acl, "")
    schemas = {
        name: Schema(
            name,
            owner,
            parsed(acl, owner),
            comment,
            {what: tuple(objects.get((name, what), ())) for what in ("tables", "sequences", "functions")},
            defaults.get(name, {}),
        )
        for name, owner, acl, comment in session.rows(SCHEMAS)
    }
    extensions = {row[0]: Installed(*map(str, row)) for row in session.rows(EXTENSIONS)}
    return DatabaseState(schemas, extensions, tuple(row[0] for row in session.rows(UNANALYZED)))


def _quoted(schema: str, name: str) -> str:
    return '"' + schema.replace('"', '""') + '"."' + name.replace('"', '""') + '"'
