# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Roles: users that log in with a password or with IAM, and groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....kinds.vault import Stages, Vault, Version
from ....postgresql.catalog import Role, ServerState, read_server
from ....postgresql.quoting import identifier, literal
from ....postgresql.scram import verifier
from ....postgresql.session import Session
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import UNKNOWN, Observed, fixed, given, is_unknown
from ..server.acting import GRANTS_HAVE_OPTIONS, acting_as, database_owner
from ..server.link import Look, ServerLink
from ..server.marks import mark_in, marked
from ..wanted.canonical import settings_value, settings_values
from ..wanted.settings import User
from .base import SqlKind, in_turn

IAM = "rds_iam"
"""The members of this role log in with a token of IAM, and with nothing else."""

ROTATED = "a new version"
UNFINISHED = "the new version of an interrupted rotation"


class PostgresRole(SqlKind):
    """A role. The server's log never sees a password, only its SCRAM verifier; which version of the secret it is, the comment says."""

    name = "postgres_role"
    called = "role"

    role = fixed()
    login = given()
    password = given()
    member_of = given(document=True)
    connection_limit = given()
    valid_until = given()
    settings = given(canonical=settings_values)
    attributes = given()

    deleted_after: tuple[str, ...] = ("postgres_extension", "postgres_schema", "postgres_database")
    timeout = 120.0

    def __init__(
        self,
        link: ServerLink,
        within: str,
        whose: tuple[str, str],
        wanted: Mapping[str, User],
        vault: Vault,
        secrets: Mapping[str, str],
        rotate: Sequence[str],
    ) -> None:
        """``secrets``: the ARN of the secret of each user with a password. ``rotate``: the users that get a new one in this call."""
        super().__init__(link, within, whose)
        self.wanted = wanted
        self.vault = vault
        self.secrets = secrets
        self.rotate = frozenset(rotate)
        self.reached: dict[str, tuple[str, Any]] = {}
        """By user: the version of its secret that this call has set, and the property that asked for it."""

    # --- desired -----------------------------------------------------------------------------------------------------

    def desired(self, user: User, stages: Mapping[str, Stages]) -> dict[str, Any]:
        """The properties of a user. ``stages``: the versions of the secrets, by user; none for a secret that does not exist yet."""
        return {
            "role": user.name,
            "login": user.login,
            **({"password": self._version(user.name, stages.get(user.name))} if user.login == "password" else {}),
            "member_of": list(user.member_of),
            "connection_limit": user.connection_limit,
            "valid_until": user.valid_until,
            "settings": dict(user.settings),
            "attributes": list(user.attributes),
        }

    def _version(self, name: str, stages: Stages | None) -> str:
        """Which version of the secret the password should be: never the password itself."""
        if stages is None:
            return UNKNOWN
        if stages.pending:
            return UNFINISHED
        return ROTATED if name in self.rotate else _shown(stages.current)

    def stages(self, aws: Aws) -> dict[str, Stages]:
        """The versions of the secrets that exist, by user."""
        known = [name for name, user in self.wanted.items() if user.login == "password" and not _unknown(self.secrets.get(name, ""))]
        return dict(zip(known, aws.map(lambda name: self.vault.stages(aws, self.secrets[name]), known), strict=True))

    # --- reading -----------------------------------------------------------------------------------------------------

    def all_of(self, look: Look) -> Iterator[tuple[Observed, str]]:
        for role in look.server.roles.values():
            address = self.address(role.name)
            mark = mark_in(role.comment)
            properties = {
                "role": role.name,
                "login": _login(role),
                "password": self._has(role.name, mark.password if mark else ""),
                "member_of": sorted(set(self._memberships(role, look.server)) - {IAM}),
                "connection_limit": role.connection_limit,
                "valid_until": role.valid_until,
                "settings": dict(role.settings),
                "attributes": sorted(role.attributes & {"createdb", "createrole"}),
            }
            trouble = _beyond(role, set(role.member_of) - set(self._memberships(role, look.server)), self._strangers(role, look.server))
            yield (
                Observed(self.name, address, self.identity(role.name), properties, {"role": role.name}, named=True, trouble=trouble),
                role.comment,
            )

    def _strangers(self, group: Role, server: ServerState) -> list[str]:
        """The members of a described role that are not described themselves. They have its rights: a person should know."""
        if group.name not in self.wanted:
            return []
        return sorted(
            one.name for one in server.roles.values() if group.name in one.member_of and one.name not in (*self.wanted, server.user)
        )

    def _memberships(self, role: Role, server: ServerState) -> list[str]:
        """The groups of a role, without those that are not described and that this login cannot take away."""
        wanted = self.wanted[role.name].member_of if role.name in self.wanted else ()
        return [group for group in role.member_of if group in (*wanted, IAM) or _revocable(role, group, server)]

    def _has(self, name: str, version: str) -> Any:
        """The property for the version that a role has: in the words of the description if this call has set it."""
        reached, asked = self.reached.get(name, ("", None))
        return asked if version and version == reached else _shown(version) if version else None

    # --- changing ----------------------------------------------------------------------------------------------------

    @in_turn
    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        """The role with everything that it has, and its mark, in one transaction."""
        user = self.wanted[str(properties["role"])]
        version = self._secret(aws, user.name) if user.login == "password" else None
        session = self.link.changing(aws)
        with session.transaction("CREATE ROLE") as run:
            run(f"CREATE ROLE {identifier(user.name)} {' '.join(_options(user, properties, version))}")
            for statement in _statements(user, Role(user.name), properties):
                run(statement)
            comment = marked("", self.mark(address, version.id if version else ""))
            run(f"COMMENT ON ROLE {identifier(user.name)} IS {literal(comment)}")
        self._finish_rotation(aws, user.name, version, properties)
        return Observed(self.name, address, self.identity(user.name), properties, {"role": user.name}, named=True)

    @in_turn
    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        session = self.link.changing(aws)
        user = self.wanted[self.parts(seen)[0]]
        server = read_server(session)
        role = _role(server, user.name)
        version = None
        if "password" in properties or ("login" in properties and user.login == "password"):
            version = self._secret(aws, user.name)
        surplus = self._surplus(user, role, properties, server)
        with session.transaction("ALTER ROLE") as run:
            if options := _options(user, properties, version, before=role):
                run(f"ALTER ROLE {identifier(user.name)} {' '.join(options)}")
            with acting_as(session, run, [grantor for group in surplus for grantor in role.member_of[group]]):
                for statement in _revocations(role, surplus, session.version):
                    run(statement)
            for statement in _statements(user, role, properties):
                run(statement)
            if version or "login" in properties:
                comment = marked(role.comment, self.mark(seen.address, version.id if version else ""))
                run(f"COMMENT ON ROLE {identifier(user.name)} IS {literal(comment)}")
        self._finish_rotation(aws, user.name, version, properties)

    def _surplus(self, user: User, role: Role, properties: Mapping[str, Any], server: ServerState) -> list[str]:
        """The memberships to take away."""
        if not {"member_of", "login"} & set(properties):
            return []
        keep = {*user.member_of, *([IAM] if user.login == "iam" else [])}
        return sorted(set(self._memberships(role, server)) - keep)

    def _secret(self, aws: Aws, name: str) -> Version:
        """The version of the secret to set: the current one, or the one that a rotation makes or has made."""
        arn = self.secrets.get(name, "")
        if _unknown(arn):
            hint = "Run the task that creates the secrets of the users first, and pass on their ARNs."
            raise CallFailed(f"the secret of {name} is not known (option user_secrets)", hint=hint)
        if name in self.rotate or self.vault.stages(aws, arn).pending:
            return self.vault.start_rotation(aws, arn)
        return self.vault.read(aws, arn)

    def _finish_rotation(self, aws: Aws, name: str, version: Version | None, properties: Mapping[str, Any]) -> None:
        """Only a password that logs in becomes AWSCURRENT, which is what applications read."""
        if version is None:
            return
        self.reached[name] = (version.id, properties.get("password"))
        arn = self.secrets[name]
        if self.vault.stages(aws, arn).current == version.id:
            return
        if not self.link.logs_in(aws, name, version.password):
            raise CallFailed(
                f"{name} cannot log in with the new password, so its secret keeps the old one as AWSCURRENT",
                "log in",
                "LoginRefused",
                "Run again: the rotation continues with the same password.",
            )
        self.vault.finish_rotation(aws, arn, version.id)

    @in_turn
    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        session = self.link.changing(aws)
        name = self.parts(seen)[0]
        comment = marked(_role(read_server(session), name).comment, self.mark(address))
        with session.transaction("COMMENT ON ROLE") as run:
            run(f"COMMENT ON ROLE {identifier(name)} IS {literal(comment)}")

    # --- removing ----------------------------------------------------------------------------------------------------

    @in_turn
    def delete(self, aws: Aws, seen: Observed) -> None:
        """Drop a role. What it owns inside described databases goes to their owners; its privileges anywhere are revoked."""
        session = self.link.changing(aws)
        name = self.parts(seen)[0]
        if not session.rows("SELECT FROM pg_roles WHERE rolname = %s", [name]):
            return
        self._check_databases(session, name)
        uses = dict(_uses(session, name))
        for database, owns in {self.link.target.database: False, **uses}.items():  # every database has the privileges on databases
            self._clear(aws, name, database, owns=owns)
        with session.transaction("DROP ROLE") as run:
            run(f"DROP ROLE {identifier(name)}")

    def _check_databases(self, session: Session, name: str) -> None:
        query = "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = %s ORDER BY 1"
        owned = [str(row[0]) for row in session.rows(query, [name])]
        ours = [one for one in owned if one in self.link.databases]
        if ours and len(ours) == len(owned):
            raise NotYet(f"{name} still owns database {', '.join(ours)}", "DROP ROLE", "OwnsDatabase", dependency=True)
        if owned:
            hint = "A database is never dropped with its owner. Give it another owner, or remove it, first."
            raise CallFailed(f"{name} owns database {', '.join(owned)}", "DROP ROLE", "OwnsDatabase", hint)

    def _clear(self, aws: Aws, name: str, database: str, *, owns: bool) -> None:
        if owns and database not in self.link.databases:
            hint = "Give them another owner first: REASSIGN OWNED BY."
            raise CallFailed(f"{name} owns objects in database {database}, which is not described here", "DROP ROLE", "OwnsObjects", hint)
        session = self.link.changing(aws, database)
        heir = database_owner(session)
        with session.transaction("DROP OWNED") as run, acting_as(session, run, {name, heir, *_grantors(session)}):
            if owns:
                run(f"REASSIGN OWNED BY {identifier(name)} TO {identifier(heir)}")
            run(f"DROP OWNED BY {identifier(name)}")


def _statements(user: User, role: Role, properties: Mapping[str, Any]) -> list[str]:
    """New memberships, and settings: from what ``role`` has to what ``user`` should have, where ``properties`` names them."""
    name = identifier(user.name)
    found: list[str] = []
    if {"member_of", "login"} & set(properties):
        groups = {*user.member_of, *([IAM] if user.login == "iam" else [])}
        found += [f"GRANT {identifier(group)} TO {name}" for group in sorted(groups - set(role.member_of))]
    if "settings" in properties:
        found += [f"ALTER ROLE {name} RESET {setting}" for setting in sorted(set(role.settings) - set(user.settings))]
        found += [f"ALTER ROLE {name} SET {setting} = {settings_value(setting, value)}" for setting, value in user.settings.items()]
    return found


def _grantors(session: Session) -> list[str]:
    """The roles whose grants DROP OWNED takes back: owners of databases, of what is in this one, and of what will be in it.

    Without their privileges, it leaves the grants in place, with a warning alone.
    """
    query = """SELECT DISTINCT r.rolname FROM pg_roles r WHERE NOT r.rolsuper AND r.rolname !~ '^(pg_|rds)' AND (
        EXISTS (SELECT FROM pg_database d WHERE d.datdba = r.oid) OR EXISTS (SELECT FROM pg_default_acl a WHERE a.defaclrole = r.oid)
        OR EXISTS (SELECT FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()
            AND s.deptype = 'o' AND s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid))"""
    assumable = {role.name for role in read_server(session).roles.values() if role.assumable}
    return [str(row[0]) for row in session.rows(query) if str(row[0]) in assumable]


def _revocable(role: Role, group: str, server: ServerState) -> bool:
    """Whether this login can act as each role that has granted a membership. Before version 16, it does not matter who has."""
    grantors = [server.roles[name] for name in role.member_of[group] if name != server.user and name in server.roles]
    return server.version < GRANTS_HAVE_OPTIONS or all(one.assumable for one in grantors)


def _revocations(role: Role, groups: Iterable[str], version: int) -> list[str]:
    """A membership ends when each role that has granted it takes it back."""
    by = {group: role.member_of[group] if version >= GRANTS_HAVE_OPTIONS else ("",) for group in groups}
    return [
        f"REVOKE {identifier(group)} FROM {identifier(role.name)}{f' GRANTED BY {identifier(grantor)}' if grantor else ''}"
        for group, grantors in sorted(by.items())
        for grantor in grantors
    ]


def _beyond(role: Role, groups: Iterable[str], strangers: Sequence[str]) -> str:
    """What a role has, or others have of it, beyond the description, as a problem in words; empty if there is nothing of the kind."""
    held = sorted(role.attributes - {"createdb", "createrole"})
    found = [f"it is {' and '.join(held)}, which only a superuser can take back"] if held else []
    found += [f"it is a member of {', '.join(sorted(groups))} by a grant of another role that this login cannot act as"] if groups else []
    found += [f"its members that are not described here: {', '.join(strangers)}"] if strangers else []
    return "; ".join(found)


def _role(server: ServerState, name: str) -> Role:
    if name not in server.roles:
        raise CallFailed(f"role {name} does not exist any more", hint="Run again.")
    return server.roles[name]


def _uses(session: Session, name: str) -> list[tuple[str, bool]]:
    """The databases in which a role has privileges, with whether it owns anything there."""
    query = """SELECT d.datname, bool_or(s.deptype = 'o') FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
        WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = %s)
        GROUP BY d.datname ORDER BY 1"""
    return [(str(row[0]), bool(row[1])) for row in session.rows(query, [name])]


def _unknown(arn: str) -> bool:
    return not arn or is_unknown(arn)


def _shown(version: str) -> str:
    return f"version {version}"


def _login(role: Role) -> str:
    if not role.login:
        return "none"
    return "iam" if IAM in role.member_of else "password"


def _options(user: User, properties: Mapping[str, Any], version: Version | None, before: Role | None = None) -> list[str]:
    """The options of CREATE ROLE or ALTER ROLE. Never NOSUPERUSER and the like: only a superuser may even repeat them."""
    found: list[str] = []
    if "login" in properties:
        found.append("NOLOGIN" if user.login == "none" else "LOGIN")
        if user.login != "password" and before is not None:
            found.append("PASSWORD NULL")
    if version:
        found.append(f"PASSWORD {literal(verifier(version.password))}")
    if "connection_limit" in properties:
        found.append(f"CONNECTION LIMIT {user.connection_limit}")
    if "valid_until" in properties and (user.valid_until or before is not None):
        found.append(f"VALID UNTIL {literal(user.valid_until or 'infinity')}")
    if "attributes" in properties:
        found += list(_attributes(user, before.attributes if before else frozenset()))
    return found


def _attributes(user: User, has: Iterable[str]) -> Iterator[str]:
    for attribute in ("createdb", "createrole"):
        if (attribute in user.attributes) is not (attribute in set(has)):
            yield attribute.upper() if attribute in user.attributes else f"NO{attribute.upper()}"
