# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The schema of a database as facts: one query for each kind of object, whatever their number. Members of extensions are left out.

The queries read pg_catalog only, which every login may read. Names are qualified, because sessions have pg_catalog as their search path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...postgresql.acl import Privileges, shown
from ...postgresql.catalog import DatabaseState, ServerState, read_database, read_server
from ...postgresql.session import Session
from .model import DEFINITIONS, EXTENSIONS, OWNERS, PRIVILEGES, PROPERTIES, ROLES, Position, digest

OWN = """NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{catalog}'::regclass AND x.objid = {oid} AND x.deptype = 'e')
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

COLUMNS = """(SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
    a.attgenerated, a.attcollation::regcollation, pg_get_expr(f.adbin, f.adrelid), col_description(a.attrelid, a.attnum)), ', '
    ORDER BY a.attnum)
    FROM pg_attribute a LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
    WHERE a.attrelid = {relation} AND a.attnum > 0 AND NOT a.attisdropped)"""

RELATIONS = f"""SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END,
    n.nspname || '.' || c.relname,
    concat_ws('|', c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.reloptions,
        pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid), {COLUMNS.format(relation="c.oid")},
        (SELECT string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
        CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, obj_description(c.oid, 'pg_class'))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {OWN.format(catalog="pg_class", oid="c.oid")}"""  # noqa: S608 - constants of this file

INDEXES = f"""SELECT 'index', n.nspname || '.' || c.relname,
    concat_ws('|', pg_get_indexdef(c.oid), i.indisvalid, i.indisready, i.indisreplident, i.indimmediate)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {OWN.format(catalog="pg_class", oid="i.indrelid")}"""  # noqa: S608 - as above

CONSTRAINTS = f"""SELECT 'constraint', k.conname || ' on ' || n.nspname || '.' || c.relname,
    concat_ws('|', pg_get_constraintdef(k.oid), k.convalidated)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype <> 'n' AND {OWN.format(catalog="pg_class", oid="c.oid")}"""  # noqa: S608 - as above

SEQUENCES = f"""SELECT 'sequence', n.nspname || '.' || c.relname,
    concat_ws('|', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle, c.relpersistence)
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {OWN.format(catalog="pg_class", oid="c.oid")}"""  # noqa: S608 - as above

FUNCTIONS = f"""SELECT 'function', n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    CASE WHEN p.prokind = 'a'
        THEN (SELECT concat_ws('|', a.aggkind, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggtranstype::regtype, a.agginitval)
            FROM pg_aggregate a WHERE a.aggfnoid = p.oid)
        ELSE pg_get_functiondef(p.oid) END
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE {OWN.format(catalog="pg_proc", oid="p.oid")}"""  # noqa: S608 - as above

TRIGGERS = f"""SELECT 'trigger', t.tgname || ' on ' || n.nspname || '.' || c.relname, concat_ws('|', pg_get_triggerdef(t.oid), t.tgenabled)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND {OWN.format(catalog="pg_class", oid="c.oid")}"""  # noqa: S608 - as above

RULES = f"""SELECT 'rule', r.rulename || ' on ' || n.nspname || '.' || c.relname, concat_ws('|', pg_get_ruledef(r.oid), r.ev_enabled)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND {OWN.format(catalog="pg_class", oid="c.oid")}"""  # noqa: S608 - as above

POLICIES = f"""SELECT 'policy', o.polname || ' on ' || n.nspname || '.' || c.relname,
    concat_ws('|', o.polcmd, o.polpermissive, (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r) END, ','
        ORDER BY pg_get_userbyid(r)) FROM unnest(o.polroles) r),
        pg_get_expr(o.polqual, o.polrelid), pg_get_expr(o.polwithcheck, o.polrelid))
    FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {OWN.format(catalog="pg_class", oid="c.oid")}"""  # noqa: S608 - as above

TYPES = f"""SELECT 'type', n.nspname || '.' || t.typname, concat_ws('|', t.typtype, t.typnotnull, t.typdefault,
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
    (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
    (SELECT string_agg(pg_get_constraintdef(k.oid), ',' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid),
    (SELECT g.rngsubtype::regtype::text FROM pg_range g WHERE g.rngtypid = t.oid), {COLUMNS.format(relation="t.typrelid")})
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND {OWN.format(catalog="pg_type", oid="t.oid")}"""  # noqa: S608 - as above

STATISTICS = f"""SELECT 'statistics object', n.nspname || '.' || s.stxname, pg_get_statisticsobjdef(s.oid)
    FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
    WHERE {OWN.format(catalog="pg_statistic_ext", oid="s.oid")}"""  # noqa: S608 - as above

PUBLICATIONS = """SELECT 'publication', p.pubname, concat_ws('|', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
    (SELECT string_agg(t.schemaname || '.' || t.tablename, ',' ORDER BY t.schemaname, t.tablename)
        FROM pg_publication_tables t WHERE t.pubname = p.pubname))
    FROM pg_publication p"""

FIRST_OWN_OID = 16384
"""Objects with lower numbers were made by initdb (FirstNormalObjectId)."""

OTHER_CATALOGS = (
    "pg_operator",
    "pg_opclass",
    "pg_opfamily",
    "pg_collation",
    "pg_conversion",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_cast",
    "pg_foreign_server",
    "pg_foreign_data_wrapper",
    "pg_event_trigger",
    "pg_language",
)
"""Kinds of objects of which only the existence is compared."""

OTHERS = " UNION ALL ".join(
    f"""SELECT i.type, i.identity, '' FROM {catalog} o, pg_identify_object('{catalog}'::regclass, o.oid, 0) i
    WHERE o.oid >= {FIRST_OWN_OID} AND NOT EXISTS (SELECT FROM pg_depend x
        WHERE x.classid = '{catalog}'::regclass AND x.objid = o.oid AND x.deptype = 'e')"""  # noqa: S608 - as above
    for catalog in OTHER_CATALOGS
)

QUERIES = (
    RELATIONS,
    INDEXES,
    CONSTRAINTS,
    SEQUENCES,
    FUNCTIONS,
    TRIGGERS,
    RULES,
    POLICIES,
    TYPES,
    STATISTICS,
    PUBLICATIONS,
    OTHERS,
)

POSITIONS = f"""SELECT n.nspname || '.' || c.relname,
    CASE WHEN has_sequence_privilege(c.oid, 'SELECT, USAGE') THEN pg_sequence_last_value(c.oid) END, s.seqincrement, s.seqcache
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relpersistence = 'p' AND {OWN.format(catalog="pg_class", oid="c.oid")}"""  # noqa: S608 - as above

SERVICE_ROLES = ("pg_", "rds")
"""How the names of roles begin that PostgreSQL and RDS bring along. They differ between versions."""


def read_facts(session: Session, database: str) -> dict[str, dict[str, str]]:
    """The facts by group. Raises CallFailed."""
    inside, server = read_database(session), read_server(session)
    return {
        DEFINITIONS: {f"{kind} {name}": digest(str(definition)) for query in QUERIES for kind, name, definition in session.rows(query)}
        | {f"schema {name}": "" for name in inside.schemas},
        OWNERS: {what: owner for what, owner, _privileges in _owned(inside)},
        PRIVILEGES: {what: _text(privileges) for what, _owner, privileges in _owned(inside)} | dict(_defaults(inside)),
        EXTENSIONS: {one.name: f"version {one.version} in schema {one.schema}" for one in inside.extensions.values()},
        ROLES: dict(_roles(server)),
        PROPERTIES: _properties(server, database),
    }


def read_positions(session: Session) -> dict[str, Position]:
    found = session.rows(POSITIONS)
    return {str(name): Position(None if last is None else int(last), int(step), int(cache)) for name, last, step, cache in found}


def _owned(inside: DatabaseState) -> Iterator[tuple[str, str, Privileges]]:
    for schema in inside.schemas.values():
        yield f"schema {schema.name}", schema.owner, schema.privileges
        for kind, things in schema.objects.items():
            for thing in things:
                yield f"{kind.removesuffix('s')} {schema.name}.{thing.label}", thing.owner, thing.privileges


def _defaults(inside: DatabaseState) -> Iterator[tuple[str, str]]:
    """What objects get that a role will create. Named like an object, so that they compare like one."""
    for schema in inside.schemas.values():
        for creator, kinds in schema.defaults.items():
            for kind, privileges in kinds.items():
                yield f"new {kind} of {creator} in schema {schema.name}", _text(privileges)


def _roles(server: ServerState) -> Iterator[tuple[str, str]]:
    for role in server.roles.values():
        if not role.name.startswith(SERVICE_ROLES):
            words = ["login" if role.login else "no login", *sorted(role.attributes)]
            words += [f"member of {', '.join(sorted(role.member_of))}"] if role.member_of else []
            words += [_text_of_settings(role.settings)] if role.settings else []
            yield role.name, ", ".join(words)


def _properties(server: ServerState, name: str) -> dict[str, str]:
    found = server.databases.get(name)
    if found is None:
        return {}
    return {
        "owner": found.owner,
        "encoding": found.encoding,
        "collation": found.collate,
        "character type": found.ctype,
        "privileges": _text(found.privileges),
        "settings": _text_of_settings(found.settings),
    }


def _text(privileges: Privileges) -> str:
    return "; ".join(f"{name}={','.join(held)}" for name, held in shown(privileges).items())


def _text_of_settings(settings: Mapping[str, str]) -> str:
    """Names and a digest: a setting of a role may contain what is not to be shown."""
    return ", ".join(f"{name}={digest(value)}" for name, value in sorted(settings.items()))
